// A small file of the shape that a model takes, made of its first example, to be filled in.
// Knows tasks and examples; saves nothing itself.

import { canonical } from "./body.js";
import { rowsOf } from "./columns.js";
import { csv } from "./csv.js";
import { isoDate, parseDate, stepDays } from "./format.js";
import { frequencyOf } from "./schema.js";

/** CSV, or null where a task takes none, or has no example to make it of. */
export function sampleOf(task, status) {
  const { inputs } = canonical(status.examples?.[0]?.request);
  const rows = inputs === undefined ? null : SAMPLES[task.kind]?.(task, inputs, status);
  return rows ? csv(rows) : null;
}

const textOf = (one) => (typeof one === "string" ? one : one?.text ?? "");

const SAMPLES = {
  texts({ roles }, inputs) {
    const given = [inputs].flat();
    return roles[1].optional ? [["text"], ...given.map((one) => [textOf(one)])] : [["text", "text_pair"], ...given.map((one) => [textOf(one), one?.text_pair ?? ""])];
  },

  table: ({ columns }, inputs) => [columns.map(({ name }) => name), ...(rowsOf(inputs) ?? []).map((row) => columns.map(({ name }) => row[name]))],

  similarity: (task, inputs) => [["source_sentence", "sentences"], ...(inputs.sentences ?? []).map((one) => [inputs.source_sentence, one])],

  series({ covariates }, inputs, status) {
    const one = [inputs].flat()[0];
    if (!Array.isArray(one?.series)) return null;
    const start = parseDate(one.start);
    const step = stepDays(one.frequency ?? frequencyOf(status)) ?? 1;
    const past = one.series.length;
    const ahead = Math.max(0, ...covariates.map((name) => one.future?.[name]?.length ?? 0));
    const beside = (at) => covariates.map((name) => (at < past ? one.past?.[name]?.[at] : one.future?.[name]?.[at - past]));
    const dated = start === null ? [] : ["date"];
    return [["item", ...dated, "value", ...covariates], ...Array.from({ length: past + ahead }, (_, at) => [
      one.item ?? "first", ...(start === null ? [] : [isoDate(start + at * step)]), one.series[at], ...beside(at)])];
  },
};
