// The answer in words, and the chart's text alternative. Pure.
// Says only what the numbers allow: expected values add up, the ends of intervals do not.

import { digitsFor, NBSP, number, percent, plural } from "./format.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** {headline, notes}: what is expected, how it compares, the range around it, and how it turned out. */
export const inWords = (forecast) => (forecast.addsUp ? ofTotal(forecast) : ofEnd(forecast));

/** Of values that make no total, such as prices: where the last step is, against where the history ends. */
function ofEnd({ history, line, bands, actual, steps, noun, unit }) {
  const end = line.at(-1);
  const digits = digitsFor(end);
  const now = history.findLast((value) => value !== null);
  const off = (value, from) => `${percent(Math.abs(value / from - 1), 1)} ${value >= from ? "above" : "below"}`;
  const isFlat = number(end, digits) === number(now, digits);
  const band = bands.find(isUsual) ?? bands[0];
  const truth = actual?.length >= steps ? actual.at(-1) : null;
  return {
    headline: `About ${number(end, digits)}${unit ? ` ${unit}` : ""} ${steps === 1 ? `the next ${noun}` : `after ${steps} ${noun}s`}`,
    notes: [
      isFlat ? "As the last value." : now > 0 ? `${off(end, now)} the last value (${number(now, digits)}).` : null,
      band ? `${percent(band.share, 1)} range then: ${number(band.low.at(-1), digits)} to ${number(band.high.at(-1), digits)}.` : null,
      truth !== null ? `What happened: ${number(truth, digits)}${truth > 0 ? ` (the forecast was ${off(end, truth)})` : ""}${hits(actual, band, noun)}.` : null,
    ].filter(Boolean),
  };
}

/** Of values that add up: how many in all. */
function ofTotal(forecast) {
  const { line, mean, steps, noun, unit } = forecast;
  const total = sum(mean ?? line);
  const span = steps === 1 ? `the next ${noun}` : `the next ${steps} ${noun}s`;
  const what = unit ? ` ${unit}` : steps === 1 ? "" : " in total";
  return {
    headline: `About ${rounded(total)}${what} over ${span}`,
    notes: [comparison(forecast, total), range(forecast), outcome(forecast, total)].filter(Boolean),
  };
}

function comparison({ history, steps, noun }, total) {
  const last = history.slice(-steps);
  if (last.length < steps || last.includes(null)) return null;
  const before = sum(last);
  if (before <= 0) return null;
  const change = total / before - 1;
  const span = steps === 1 ? `last ${noun}` : `the last ${steps} ${noun}s`;
  if (Math.abs(change) < 0.005) return `As much as ${span} (${rounded(before)}).`;
  return `${percent(Math.abs(change))} ${change > 0 ? "more" : "less"} than ${span} (${rounded(before)}).`;
}

function range({ bands, steps, noun }) {
  const band = bands.find(isUsual) ?? bands[0];
  if (!band) return null;
  const low = Math.min(...band.low);
  const high = Math.max(...band.high);
  const digits = digitsFor(high);
  const ends = `${number(low, digits)} to ${number(high, digits)}`;
  if (steps === 1) return `${percent(band.share, 1)} range: ${ends}.`;
  return `Each ${noun}’s ${percent(band.share, 1)} range lies within ${ends}.`;
}

function outcome({ actual, bands, steps, noun }, total) {
  if (!actual || actual.length < steps || actual.includes(null)) return null;
  const truth = sum(actual);
  const off = truth > 0 ? ` (the forecast was ${percent(Math.abs(total / truth - 1))} ${total >= truth ? "above" : "below"})` : "";
  return `What happened: ${rounded(truth)}${off}${hits(actual, bands.find(isUsual) ?? bands[0], noun)}.`;
}

const isUsual = ({ share }) => Math.abs(share - 0.8) < 1e-9;

function hits(actual, band, noun) {
  if (!band) return "";
  const inside = actual.filter((value, at) => value >= band.low[at] && value <= band.high[at]).length;
  return `, inside the ${percent(band.share, 1)} range on ${inside} of ${plural(actual.length, noun)}`;
}

/** Three significant digits and no more: a forecast has no better ones. */
function rounded(value) {
  if (Math.abs(value) < 1) return number(value);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - 2);
  return number(Math.round(value / unit) * unit, Math.abs(value) < 100 ? digitsFor(value) : 0);
}

/** What stands above the chart in a file, where no page is around it. */
export function inFile({ history, item, nameAt, unit }, status, { headline }) {
  const of = [item ?? status.title ?? status.name, unit].filter(Boolean).join(", ");
  const past = history.length;
  return { title: of, headline, note: `Observed until ${nameAt(past - 1)}, forecast from ${nameAt(past)}.`.replaceAll(NBSP, " ") };
}

/** What a reader who cannot see the chart should know of the steps that it shows. */
export function inAltText(forecast, first, last) {
  const past = forecast.history.length;
  const end = Math.min(last, past - 1);
  const known = forecast.history.slice(first, end + 1).filter((value) => value !== null);
  const digits = digitsFor(Math.max(...known, ...forecast.line));
  const parts = ["Line chart."];
  if (known.length) {
    const range = `between ${number(Math.min(...known), digits)} and ${number(Math.max(...known), digits)}`;
    parts.push(`Observed values of ${plural(end - first + 1, forecast.noun)} up to ${forecast.nameAt(end)}, ${range}.`);
  }
  if (last >= past) parts.push(...aheadInWords(forecast, digits));
  return parts.join(" ").replaceAll(NBSP, " ");
}

function aheadInWords(forecast, digits) {
  const list = (values) => values.map((value) => number(value, digits)).join(", ");
  const band = forecast.bands[0];
  const parts = [
    `Forecast for ${plural(forecast.steps, forecast.noun)} from ${forecast.nameAt(forecast.history.length)}: ${forecast.lineName}`,
    `${list(forecast.line)}.`,
  ];
  if (band) parts.push(`${percent(band.share, 1)} range from ${number(Math.min(...band.low), digits)} to ${number(Math.max(...band.high), digits)}.`);
  if (forecast.actual) parts.push(`Actual values: ${list(forecast.actual)}.`);
  return parts;
}
