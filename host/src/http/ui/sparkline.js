// A line without axes, for previews. Stretches to its box.
// Knows nothing of dates or forecasts.

import { s } from "./dom.js";

const WIDE = 300;
const HIGH = 48;
const PAD = 3;

export function sparkline(values) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) || 1;
  const low = Math.min(...known, 0);
  const x = (at) => PAD + (at / Math.max(1, values.length - 1)) * (WIDE - 2 * PAD);
  const y = (value) => HIGH - PAD - ((value - low) / (top - low)) * (HIGH - 2 * PAD);
  return s("svg", { class: "sparkline", viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    s("line", { class: "floor", x1: 0, x2: WIDE, y1: y(0), y2: y(0) }),
    s("path", { class: "history", d: linePath(values, x, y) }));
}

/** A path through the values, broken where one is missing; a value alone gets a dot-long stroke. */
export function linePath(values, x, y) {
  let path = "";
  values.forEach((value, at) => {
    if (value === null || value === undefined) return;
    const begins = values[at - 1] === null || values[at - 1] === undefined;
    const alone = begins && (values[at + 1] === null || values[at + 1] === undefined);
    path += `${begins ? "M" : "L"}${round(x(at))} ${round(y(value))}${alone ? "h.01" : ""}`;
  });
  return path;
}

export const round = (value) => Math.round(value * 10) / 10;
