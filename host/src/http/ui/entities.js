// A text with what was found in it: marks coloured and named by label, a read-out, a table.
// Knows entities as Hugging Face writes them, with places counted in code points; sends nothing.

import { likely } from "./bars.js";
import { csv } from "./csv.js";
import { h } from "./dom.js";
import { excerpt, number, plural } from "./format.js";
import { markedText } from "./marks.js";

const SHOWN = 100;

/** {headline, notes, parts, saves}, or null where the answer is no list of entities. */
export function entitiesView({ answer, outputs }) {
  const { inputs } = answer.request;
  const texts = Array.isArray(inputs) ? inputs : [inputs];
  const lists = (Array.isArray(inputs) ? outputs : [outputs]) ?? null;
  const fits = Array.isArray(lists) && lists.length === texts.length && lists.every((list) => Array.isArray(list) && list.every((one) => labelOf(one) !== null));
  if (!fits) return null;
  const found = lists.map((list) => list.map((one) => ({ ...one, label: labelOf(one), kind: kindOf(labelOf(one)) })));
  const hues = huesOf(found.flat());
  const several = texts.length > 1;
  return {
    headline: tally(found.flat(), texts.length),
    notes: texts.length > SHOWN ? [`The first ${SHOWN} texts are shown; the downloads have all.`] : [],
    parts: [
      hues.size ? legend(found.flat(), hues) : null,
      texts.slice(0, SHOWN).map((text, at) => h("section", { class: "block" },
        several ? h("h3", {}, `Text ${at + 1}`) : null,
        markedText(typeof text === "string" ? text : text?.text ?? "", found[at], hues))),
      found.flat().length ? table(found, texts, several) : null,
    ],
    saves: [["csv", "text/csv", () => csv([["text", "word", "label", "score", "start", "end"],
      ...found.flatMap((list, at) => list.map(({ word, label, score, start, end }) => [at + 1, word, label, score, start, end]))])]],
  };
}

const labelOf = (one) => one?.entity_group ?? one?.entity ?? null;
/** `B-PER` and `I-PER` are of one kind. */
const kindOf = (label) => label.replace(/^[BIESLU]-/, "");

const countsOf = (found) => [...Map.groupBy(found, ({ kind }) => kind)].map(([kind, { length }]) => [kind, length]).sort((a, b) => b[1] - a[1]);

/** A number of a colour for each kind, the same whatever the order in the text. */
function huesOf(found) {
  const kinds = [...new Set(found.map(({ kind }) => kind))].sort();
  return new Map(kinds.map((kind, at) => [kind, at % 8]));
}

function tally(found, texts) {
  const where = texts > 1 ? ` in ${plural(texts, "text")}` : "";
  if (found.length === 0) return `Nothing was found${where}`;
  const counts = countsOf(found);
  const told = counts.slice(0, 4).map(([kind, count]) => `${count} ${kind}`).join(", ");
  return `${plural(found.length, "entity", "entities")}${where}: ${told}${counts.length > 4 ? ` and ${counts.length - 4} more labels` : ""}`;
}

function legend(found, hues) {
  return h("ul", { class: "legend", "aria-label": "Labels" },
    countsOf(found).map(([kind, count]) => h("li", {}, h("span", { class: `swatch hue-${hues.get(kind)}` }), `${kind} `, h("span", { class: "small" }, number(count, 0)))));
}

function table(found, texts, several) {
  const place = (value) => (Number.isInteger(value) ? number(value, 0) : "–");
  const row = (one, at) => h("tr", {},
    several ? h("td", { title: excerpt(texts[at], 80) }, String(at + 1)) : null,
    h("th", { scope: "row", class: "words", dir: "auto" }, one.word ?? ""),
    h("td", { class: "words" }, one.label),
    h("td", { class: "strong", "data-value": one.score }, Number.isFinite(one.score) ? likely(one.score) : "–"),
    h("td", {}, place(one.start)), h("td", {}, place(one.end)));
  return h("div", { class: "table-scroll tall", tabindex: "0", role: "region", "aria-label": "What was found" },
    h("table", { id: "entities" },
      h("caption", { class: "offscreen" }, "What was found, with places counted in characters"),
      h("thead", {}, h("tr", {}, [several ? "Text" : null, "Word", "Label", "Score", "From", "To"].filter(Boolean).map((name) => h("th", { scope: "col", class: ["Word", "Label"].includes(name) ? "words" : null }, name)))),
      h("tbody", {}, found.flatMap((list, at) => list.map((one) => row(one, at))))));
}
