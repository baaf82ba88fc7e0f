// Gridlines with their values, and the time axis, as every chart of a series has them.
// Knows a frame in pixels and a calendar; knows nothing of what is drawn on them.

import { s } from "./dom.js";
import { number } from "./format.js";
import { stepTicks } from "./scales.js";
import { round } from "./sparkline.js";

const PER_LABEL = 84;
const APART = 10;

/** Room for the values at the left, and the digits they are written with. */
export function valueRoom(ticks) {
  const digits = Math.max(...ticks.map((tick) => (String(tick).split(".")[1] ?? "").length));
  return { digits, left: Math.max(...ticks.map((tick) => number(tick, digits).length)) * 8 + 10 };
}

export function valueGrid({ y, ticks, digits, left, right }) {
  return s("g", { class: "grid" }, ticks.map((tick) => [
    s("line", { x1: left, x2: right, y1: round(y(tick)) + 0.5, y2: round(y(tick)) + 0.5, class: tick === 0 ? "base" : null }),
    s("text", { x: left - 8, y: round(y(tick)) + 4.5, "text-anchor": "end" }, number(tick, digits)),
  ]));
}

/** Dates below `base`; one of them is where the forecast begins, if that is in view, and none touches another. */
export function timeAxis(calendar, { x, past, first, last, width, base }) {
  const perStep = x(first + 1) - x(first) || 1;
  const anchor = past >= first && past <= last ? past : last;
  const ticks = stepTicks(first, last, anchor, perStep, PER_LABEL, calendar.stepDays);
  const labels = ticks.map((at, index) => {
    const isNew = calendar.yearAt(at) !== null && (index === 0 || calendar.yearAt(at) !== calendar.yearAt(ticks[index - 1]));
    const text = calendar.tickAt(at, isNew);
    const reach = text.length * 3.6;
    return { at, text, reach, place: Math.min(Math.max(x(at), reach), width - 12 - reach) };
  });
  const kept = labels.filter(({ at }) => at === anchor);
  for (const label of labels.toReversed()) {
    if (kept.every(({ place, reach }) => Math.abs(place - label.place) >= reach + label.reach + APART)) kept.push(label);
  }
  return s("g", { class: "axis" }, kept.map(({ at, text, place }) => [
    s("line", { x1: round(x(at)), x2: round(x(at)), y1: base, y2: base + 5 }),
    s("text", { x: round(place), y: base + 20, "text-anchor": "middle", class: at === past ? "ahead" : null }, text),
  ]));
}
