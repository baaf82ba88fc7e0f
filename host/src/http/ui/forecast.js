// A forecast as the page needs it: history, median, intervals and dates side by side. Pure.
// Knows the wire's shape; knows nothing of elements.

import { calendarOf } from "./calendar.js";
import { addsUp, frequencyOf, unitOf } from "./schema.js";

/** The forecast in an answer, or null when the answer is something else. */
export function forecastOf(status, answer, actual) {
  const output = Array.isArray(answer.body.outputs) ? answer.body.outputs[0] : null;
  if (!output?.quantiles || typeof output.quantiles !== "object") return null;
  const inputs = [answer.request.inputs].flat()[0];
  if (!Array.isArray(inputs?.series)) return null;
  const levels = Object.keys(output.quantiles).sort((a, b) => a - b);
  const line = output.quantiles["0.5"] ?? output.mean ?? output.quantiles[levels[0]];
  const frequency = inputs.frequency ?? frequencyOf(status);
  const steps = line.length;
  return {
    history: inputs.series,
    item: output.item ?? null,
    levels,
    quantiles: output.quantiles,
    mean: output.mean ?? null,
    line,
    lineName: output.quantiles["0.5"] ? "median" : output.mean ? "mean" : `quantile ${levels[0]}`,
    bands: bandsOf(output.quantiles, levels),
    actual: actual?.length ? actual.slice(0, steps) : null,
    steps,
    unit: unitOf(status),
    addsUp: addsUp(status),
    ...calendarOf({ past: inputs.series.length, start: inputs.start, frequency, dated: output.dates !== null }),
  };
}

/** Central intervals, widest first: {share, low, high}. */
function bandsOf(quantiles, levels) {
  return levels.filter((level) => Number(level) < 0.5).flatMap((level) => {
    const upper = levels.find((other) => Math.abs(1 - Number(level) - Number(other)) < 1e-9);
    return upper ? [{ share: 1 - 2 * Number(level), low: quantiles[level], high: quantiles[upper] }] : [];
  });
}
