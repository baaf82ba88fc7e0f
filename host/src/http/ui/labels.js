// Labels with their scores: bars, one block for each text or picture.
// Knows the shapes that labels come in; sends nothing.

import { bars, likely } from "./bars.js";
import { csv } from "./csv.js";
import { h } from "./dom.js";
import { excerpt, number, plural } from "./format.js";
import { Picture, pictureOf } from "./picture.js";

const SHOWN = 100;

/** {headline, notes, parts, saves}, or null where the answer holds no labels. */
export function labelsView({ answer, outputs }) {
  const blocks = blocksOf(outputs);
  if (!blocks) return null;
  const scores = blocks.flat().map(({ score }) => score);
  const isRaw = answer.request.parameters?.function_to_apply === "none";
  const shares = !isRaw && scores.every((score) => score >= 0 && score <= 1);
  const tell = shares ? likely : (score) => number(score, 2);
  const full = shares ? 1 : Math.max(...scores, 0);
  const given = itemsOf(answer.request.inputs, blocks.length);
  const parts = blocks.slice(0, SHOWN).map((labels, at) => h("section", { class: "block" },
    blocks.length > 1 ? h("h3", { dir: "auto" }, nameOf(given[at], at)) : null,
    h("div", { class: "beside" },
      thumb(given[at]),
      bars(labels.map(({ label, score }) => ({ name: label, value: score, text: tell(score) })), { full }))));
  const rows = blocks.flatMap((labels, at) => labels.map(({ label, score }) => [at + 1, label, score]));
  return {
    headline: blocks.length === 1 ? `${blocks[0][0].label}: ${tell(blocks[0][0].score)}` : tally(blocks, given.every((item) => typeof item === "string" && !pictureOf(item)) ? "text" : "input"),
    notes: blocks.length > SHOWN ? [`The first ${SHOWN} are shown; the downloads have all.`] : [],
    parts,
    saves: [["csv", "text/csv", () => csv([["input", "label", "score"], ...rows])]],
  };
}

/** `[{label, score}]` is one block; `[[…], […]]` is one for each input. */
function blocksOf(outputs) {
  const isLabel = (one) => typeof one?.label === "string" && Number.isFinite(one.score);
  const isBlock = (list) => Array.isArray(list) && list.length > 0 && list.every(isLabel);
  if (isBlock(outputs)) return [outputs];
  return Array.isArray(outputs) && outputs.length > 0 && outputs.every(isBlock) ? outputs : null;
}

/** What was asked for each block: a list's own items, or the one thing that there was. */
function itemsOf(inputs, count) {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  return Array.from({ length: count }, (_, at) => list[at]);
}

function nameOf(item, at) {
  const text = typeof item === "string" ? item : item?.text;
  return typeof text === "string" && !pictureOf(text) ? excerpt(text, 90) : `Input ${at + 1}`;
}

function thumb(item) {
  const picture = item instanceof Picture ? item : pictureOf(item);
  return picture ? h("img", { class: "pictured", src: picture.url, alt: "The picture that was asked about" }) : null;
}

/** "3 texts: 2 POSITIVE, 1 NEGATIVE", the most frequent first. */
function tally(blocks, noun) {
  const counts = [...Map.groupBy(blocks, ([{ label }]) => label)].map(([label, { length }]) => [label, length]).sort((a, b) => b[1] - a[1]);
  const told = counts.slice(0, 3).map(([label, count]) => `${count} ${label}`).join(", ");
  return `${plural(blocks.length, noun)}: ${told}${counts.length > 3 ? `, ${plural(counts.length - 3, "other label")}` : ""}`;
}
