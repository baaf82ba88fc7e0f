// Sentences in the order of their similarity to one.
// Knows the request's sentences and a score for each; sends nothing.

import { bars } from "./bars.js";
import { csv } from "./csv.js";
import { h } from "./dom.js";
import { excerpt, number } from "./format.js";

/** {headline, notes, parts, saves}, or null where there is not one score for each sentence. */
export function similarityView({ answer, outputs }) {
  const { source_sentence: source, sentences } = answer.request.inputs ?? {};
  const fits = Array.isArray(outputs) && outputs.every(Number.isFinite) && Array.isArray(sentences) && sentences.length === outputs.length;
  if (!fits || outputs.length === 0) return null;
  const ranked = outputs.map((value, at) => ({ name: sentences[at], value, text: number(value, 3) })).sort((a, b) => b.value - a.value);
  return {
    headline: `Closest: “${excerpt(ranked[0].name, 80)}”, ${number(ranked[0].value, 2)}`,
    notes: [`Compared with “${excerpt(source ?? "", 120)}”`],
    parts: [h("section", { class: "block ranked" }, bars(ranked, { full: Math.max(1, ranked[0].value), shown: 20, noun: "sentence" }))],
    saves: [["csv", "text/csv", () => csv([["sentence", "similarity"], ...ranked.map(({ name, value }) => [name, value])])]],
  };
}
