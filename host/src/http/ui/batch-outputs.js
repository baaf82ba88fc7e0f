// One result as the cells of a table: named columns for each task, one line for each, or several where a forecast has steps. Pure.
// Knows the shapes of answers; knows nothing of files or of elements.

import { likely } from "./bars.js";
import { excerpt, number, plural, precise } from "./format.js";
import { rendererOf } from "./tasks.js";

const MOST_LABELS = 12;

/** {names, linesOf, brief}: column names, the lines of cells of one output, and what is shown of it at a glance. */
export function columnsFor(status, outputs) {
  const first = outputs.find((one) => one !== undefined);
  const kind = kindOf(status, first);
  return { kind, ...KINDS[kind](outputs) };
}

function kindOf(status, output) {
  const wanted = rendererOf(status);
  if (output?.quantiles) return "forecast";
  if (Array.isArray(output) && output.length && output.every((one) => typeof one?.label === "string")) return "labels";
  if (wanted === "entities" && Array.isArray(output)) return "entities";
  if (Array.isArray(output) && output.length && output.every(Number.isFinite)) return "vector";
  if (wanted === "similarity" && typeof output === "number") return "similarity";
  return ["number", "string", "boolean"].includes(typeof output) ? "value" : "whole";
}

const asIs = (name, brief) => ({ names: [name], linesOf: (output) => [[typeof output === "object" ? JSON.stringify(output) : output]], brief });
const tell = (value) => (typeof value === "number" ? precise(value) : String(value));

const KINDS = {
  value: () => asIs("prediction", (output) => [tell(output)]),
  similarity: () => asIs("similarity", (output) => [number(output, 3)]),
  vector: () => asIs("vector", (output) => [plural(output.length, "number")]),
  whole: () => asIs("output", (output) => [excerpt(JSON.stringify(output), 80)]),

  labels(outputs) {
    const all = new Set();
    for (const output of outputs) if (Array.isArray(output) && all.size <= MOST_LABELS) for (const { label } of output) all.add(label);
    const spread = all.size > 1 && all.size <= MOST_LABELS ? [...all].sort() : [];
    return {
      names: ["label", "score", ...spread.map((label) => `score_${label}`)],
      linesOf: (output) => [[output[0]?.label, output[0]?.score, ...spread.map((label) => output.find((one) => one.label === label)?.score)]],
      brief: (output) => [output[0]?.label ?? "", output[0] ? (output[0].score >= 0 && output[0].score <= 1 ? likely(output[0].score) : number(output[0].score, 2)) : ""],
    };
  },

  entities: () => ({
    names: ["entities", "found"],
    linesOf: (output) => [[output.length, JSON.stringify(output)]],
    brief: (output) => [output.length ? excerpt(output.map((one) => `${one.word} ${one.entity_group ?? one.entity}`).join(", "), 80) : "nothing"],
  }),

  forecast(outputs) {
    const levels = Object.keys(outputs.find((one) => one?.quantiles).quantiles).sort((a, b) => a - b);
    const stepsOf = ({ mean, quantiles }) => (mean ?? quantiles[levels[0]] ?? []).length;
    return {
      names: ["date", "mean", ...levels.map((level) => `q${level}`)],
      linesOf: (output) => Array.from({ length: stepsOf(output) }, (_, at) => [
        output.dates?.[at] ?? at + 1, output.mean?.[at], ...levels.map((level) => output.quantiles[level]?.[at]),
      ]),
      brief: (output) => {
        const line = output.mean ?? output.quantiles["0.5"] ?? output.quantiles[levels[0]];
        return [precise(line.reduce((sum, value) => sum + value, 0)), output.dates ? `${output.dates[0]} to ${output.dates.at(-1)}` : plural(line.length, "step")];
      },
    };
  },
};

/** The heads of what `brief` gives. */
export const HEADS = {
  value: ["Prediction"], similarity: ["Similarity"], vector: ["Vector"], whole: ["Output"], labels: ["Label", "Score"], entities: ["Found"], forecast: ["Total", "Steps"],
};
