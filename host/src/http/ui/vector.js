// Embeddings: one vector with its size and length, or several and how alike they are.
// Knows vectors; how they are drawn is in strip.js and affinity.js.

import { affinityTable, closest, cosines } from "./affinity.js";
import { csv } from "./csv.js";
import { copyButton, h } from "./dom.js";
import { excerpt, number, plural, precise } from "./format.js";
import { vectorStrip } from "./strip.js";

const COMPARED = 60;
const FOLDED = 12;

/** {headline, notes, parts, saves}, or null where the answer is neither a vector nor several of one size. */
export function vectorView({ answer, outputs }) {
  if (isVector(outputs)) return one(outputs);
  if (!Array.isArray(outputs) || outputs.length === 0 || !outputs.every((vector) => isVector(vector) && vector.length === outputs[0].length)) return null;
  return outputs.length === 1 ? one(outputs[0]) : several(outputs, [answer.request.inputs].flat());
}

const isVector = (list) => Array.isArray(list) && list.length > 0 && list.every(Number.isFinite);

function one(vector) {
  return {
    headline: `A vector of ${plural(vector.length, "number")}`,
    notes: [measures(vector)],
    parts: [vectorStrip(vector), h("div", { class: "actions" }, copyButton(() => JSON.stringify(vector), "Copy as JSON"))],
    saves: [],
  };
}

function several(vectors, inputs) {
  const names = vectors.map((_, at) => {
    const text = inputs[at]?.text ?? inputs[at];
    return typeof text === "string" ? text : `Vector ${at + 1}`;
  });
  const compared = vectors.slice(0, COMPARED);
  const matrix = cosines(compared);
  const [first, second, best] = closest(matrix);
  const folded = compared.slice(0, FOLDED).map((vector, at) => {
    const fold = h("details", { class: "fold" }, h("summary", {}, h("span", { dir: "auto" }, `Vector ${at + 1}: ${excerpt(names[at], 60)}`)));
    fold.addEventListener("toggle", () => fold.append(h("p", { class: "notes" }, measures(vector)), vectorStrip(vector),
      h("div", { class: "actions" }, copyButton(() => JSON.stringify(vector), "Copy as JSON"))), { once: true });
    return fold;
  });
  return {
    headline: `Texts ${first + 1} and ${second + 1} are the most alike, ${number(best, 2)}`,
    notes: [`${plural(vectors.length, "vector")} of ${plural(vectors[0].length, "number")}.`,
      compared.length < vectors.length ? `The first ${COMPARED} are compared here; the download has all.` : ""],
    parts: [
      affinityTable(matrix, names),
      h("div", { class: "actions" }, copyButton(() => JSON.stringify(vectors), "Copy all as JSON")),
      h("div", { class: "folds" }, folded),
    ],
    saves: [["csv", "text/csv", () => csv([["text", ...matrix.map((_, at) => at + 1)], ...matrix.map((row, at) => [names[at], ...row])])]],
  };
}

function measures(vector) {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  return `Length (L2 norm) ${precise(Math.hypot(...vector))}, values from ${precise(Math.min(...vector))} to ${precise(Math.max(...vector))}, mean ${precise(mean)}.`;
}
