// The run in view beside kept ones: a row for each thing that they say, and how the run in view differs.
// Knows essences; draws a table and keeps nothing.

import { h } from "./dom.js";
import { against, cosine } from "./essence.js";
import { capital, number } from "./format.js";

const SHOWN = 60;

/** A table, or null where there is nothing to compare. */
export function comparison(now, others) {
  const comparable = others.filter(({ essence }) => essence.rows.length);
  if (comparable.length === 0 || now.essence.rows.length === 0) return null;
  const lines = now.essence.vectors ? vectorLines(now, comparable) : valueLines(now, comparable);
  if (lines.length === 0) return null;
  const left = lines.length - SHOWN;
  return h("div", { class: "table-scroll tall", tabindex: "0", role: "region", "aria-label": "Kept runs compared" },
    h("table", { id: "comparison" },
      h("caption", { class: "offscreen" }, "The run in view beside the kept ones"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, capital(now.essence.noun)), h("th", { scope: "col", class: "strong" }, "Now"),
        comparable.flatMap(({ letter, name }) => [
          h("th", { scope: "col", title: name }, letter),
          now.essence.vectors ? null : h("th", { scope: "col", class: "delta" }, `Now against ${letter}`),
        ]))),
      h("tbody", {}, lines.slice(0, SHOWN), left > 0 ? h("tr", {}, h("td", { colspan: "2" }, `and ${number(left, 0)} more`)) : null)));
}

function valueLines(now, others) {
  const figured = now.essence.figure?.name === "Total" && others.every(({ essence }) => essence.figure?.name === "Total");
  const keyed = [now, ...others].map(({ essence }) => byName(essence.rows));
  // Forecasts of other days have their steps in common, and nothing else.
  const apart = now.essence.forecast && !keyed.slice(1).some((rows) => [...rows.keys()].some((name) => keyed[0].has(name)));
  if (apart) keyed.forEach((_, at) => { keyed[at] = byStep([now, ...others][at].essence); });
  const names = [...new Set(keyed.flatMap((rows) => [...rows.keys()]))];
  const line = (name, cells, strong) => h("tr", { class: strong ? "total" : null },
    h("th", { scope: "row", dir: "auto" }, name.replace(/\u0000\d+$/, "")),
    cells.map((cell, at) => [
      h("td", { class: at === 0 ? "strong" : null, "data-value": cell?.value }, cell?.text ?? "–"),
      at === 0 ? null : h("td", { class: "delta" }, against(cells[0], cell)),
    ]));
  return [
    figured ? line("Total", [now, ...others].map(({ essence }) => essence.figure), true) : null,
    ...names.map((name) => line(name, keyed.map((rows) => rows.get(name)), false)),
  ].filter(Boolean);
}

const byStep = ({ rows, noun }) => new Map(rows.map((row, at) => [`${capital(noun)} ${at + 1}`, row]));

/** Rows by their names; one that has the name of an earlier row is told apart by a count that nobody sees. */
function byName(rows) {
  const keyed = new Map();
  const seen = new Map();
  for (const row of rows) {
    const count = seen.get(row.name) ?? 0;
    seen.set(row.name, count + 1);
    keyed.set(count ? `${row.name}\u0000${count}` : row.name, row);
  }
  return keyed;
}

/** Vectors have no values that a person compares; how alike two are is one number. */
function vectorLines(now, others) {
  return now.essence.vectors.map((vector, at) => h("tr", {},
    h("th", { scope: "row", dir: "auto" }, now.essence.vectors.length > 1 ? now.essence.rows[at].name : "Cosine similarity"),
    h("td", { class: "strong" }, "1"),
    others.map(({ essence }) => {
      const alike = cosine(vector, essence.vectors?.[at]);
      return h("td", { "data-value": alike }, alike === null ? "–" : number(alike, 3));
    })));
}
