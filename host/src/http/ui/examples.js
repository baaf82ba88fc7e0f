// The examples as cards: a name, and a glimpse of what is asked.
// Knows an example's request; what a click does is given.

import { canonical } from "./body.js";
import { rowsOf } from "./columns.js";
import { byId, h, put } from "./dom.js";
import { excerpt, plural } from "./format.js";
import { Picture, pictureOf } from "./picture.js";
import { describe } from "./schema.js";
import { sparkline } from "./sparkline.js";

/** Shows the cards; `choose` is called with an example. Returns a function that marks one as chosen, or none. */
export function showExamples(model, choose) {
  const examples = model.examples ?? [];
  const columns = columnsOf(model);
  const cards = examples.map((example, at) => h("button", { type: "button", class: "example", "aria-pressed": "false", click: () => choose(example) },
    h("span", { class: "name" }, example.name ?? `Example ${at + 1}`),
    glimpse(canonical(example.request).inputs, columns)));
  put(byId("examples"), cards);
  return (example) => cards.forEach((card, at) => card.setAttribute("aria-pressed", String(examples[at] === example)));
}

/** The first words of a request, or nothing where it holds no words. */
export function inShort(model, request) {
  const { inputs } = canonical(request);
  const first = [inputs].flat()[0];
  if (first instanceof Picture) return first.name;
  if (Array.isArray(first?.series)) return first.item ?? null;
  return wordsOf(inputs, first, columnsOf(model));
}

const columnsOf = (model) => describe(model).find(({ kind }) => kind === "table")?.columns ?? null;

/** A line for a series, the picture, or the first words. */
function glimpse(inputs, columns) {
  const first = [inputs].flat()[0];
  if (Array.isArray(first?.series)) {
    const series = first.series.slice(-56);
    return series.length > 1 ? sparkline(series) : null;
  }
  const picture = pictureOf(first);
  if (picture) return h("img", { class: "thumb", src: picture.url, alt: "" });
  const words = wordsOf(inputs, first, columns);
  return words ? h("span", { class: "words", dir: "auto" }, words) : null;
}

function wordsOf(inputs, first, columns) {
  const count = Array.isArray(inputs) && inputs.length > 1 ? `${plural(inputs.length, typeof first === "string" ? "text" : "pair")}: ` : "";
  const text = typeof first === "string" ? first : first?.text ?? first?.source_sentence;
  if (typeof text === "string") return `${count}${excerpt(text, 90)}`;
  const rows = rowsOf(inputs) ?? [];
  if (rows.length > 1) return plural(rows.length, "row");
  const row = rows[0] ?? {};
  // An object that went through JSON has no order of its own; the columns have the model's.
  const cells = columns ? columns.map(({ name, title }) => [title, row[name]]) : Object.entries(row);
  const plain = cells.filter(([, value]) => ["number", "string"].includes(typeof value));
  return excerpt(plain.map(([name, value]) => `${name} ${value}`).join(", "), 70);
}
