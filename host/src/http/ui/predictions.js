// What was predicted for the rows of a table: a number or a label for each.
// Knows the rows that were asked about and an answer for each; sends nothing.

import { rowsOf } from "./columns.js";
import { csv } from "./csv.js";
import { h, s } from "./dom.js";
import { plural, precise } from "./format.js";
import { labelsView } from "./labels.js";
import { describe } from "./schema.js";
import { outputsSchema } from "./tasks.js";

/** {headline, notes, parts, saves}, or null where there is not one value for each row. */
export function predictionsView({ status, answer, outputs }) {
  const fits = Array.isArray(outputs) && outputs.length > 0 && outputs.every((value) => ["number", "string", "boolean"].includes(typeof value));
  if (!fits) return labelsView({ answer, outputs });
  const rows = rowsOf(answer.request.inputs) ?? [];
  const columns = describe(status).find(({ kind }) => kind === "table")?.columns ?? Object.keys(rows[0] ?? {}).map((name) => ({ name, title: name }));
  const { title = "Prediction", unit } = said(status);
  const given = columns.filter(({ name }) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  const numeric = outputs.every((value) => typeof value === "number");
  const tell = (value) => (typeof value === "number" ? precise(value) : String(value));
  return {
    headline: outputs.length === 1 ? `${title}: ${tell(outputs[0])}${unit ? ` ${unit}` : ""}` : summary(outputs, numeric, unit),
    notes: [],
    parts: [table({ outputs, rows, given, title: unit ? `${title}, ${unit}` : title, tell, numeric })],
    saves: [["csv", "text/csv", () => csv([[...given.map(({ name }) => name), "prediction"],
      ...outputs.map((value, at) => [...given.map(({ name }) => rows[at]?.[name]), value])])]],
  };
}

/** How the response schema names one value and its unit. */
function said(status) {
  const { items } = outputsSchema(status);
  return { title: items?.title, unit: items?.["x-ui"]?.unit };
}

function summary(outputs, numeric, unit) {
  if (numeric) {
    const mean = outputs.reduce((sum, value) => sum + value, 0) / outputs.length;
    const ends = `${precise(Math.min(...outputs))} to ${precise(Math.max(...outputs))}`;
    return `${plural(outputs.length, "prediction")}: ${ends}${unit ? ` ${unit}` : ""}, mean ${precise(mean)}`;
  }
  const counts = [...Map.groupBy(outputs, String)].map(([label, { length }]) => [label, length]).sort((a, b) => b[1] - a[1]);
  return `${plural(outputs.length, "prediction")}: ${counts.slice(0, 4).map(([label, count]) => `${count} ${label}`).join(", ")}${counts.length > 4 ? ` and ${counts.length - 4} more` : ""}`;
}

function table({ outputs, rows, given, title, tell, numeric }) {
  const most = numeric ? Math.max(...outputs) : 0;
  const bar = (value) => (numeric && outputs.length > 1 && Math.min(...outputs) >= 0 && most > 0
    ? s("svg", { class: "bar", viewBox: "0 0 100 3", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width: (value / most) * 100, height: 3 })) : null);
  return h("div", { class: "table-scroll tall", tabindex: "0", role: "region", "aria-label": "Predictions" },
    h("table", { id: "predictions" },
      h("caption", { class: "offscreen" }, "A prediction for each row"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Row"), h("th", { scope: "col", class: numeric ? "strong" : "strong words" }, title),
        given.map((column) => h("th", { scope: "col", class: wordsOf(column) }, column.title, column.unit ? `, ${column.unit}` : "")))),
      h("tbody", {}, outputs.map((value, at) => h("tr", { class: "own" },
        h("th", { scope: "row" }, String(at + 1)),
        h("td", { class: numeric ? "strong" : "strong words", "data-value": value }, tell(value), bar(value)),
        given.map((column) => h("td", { class: wordsOf(column) }, shown(rows[at]?.[column.name]))))))));
}

const wordsOf = ({ kind }) => (["text", "select"].includes(kind) ? "words" : null);

const shown = (value) => (value === undefined || value === null ? "–" : typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "number" ? value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 6 }) : String(value));
