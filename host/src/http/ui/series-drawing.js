// The editor's marks: the series with its gaps, and a row beside it. Pure but for the elements it makes.
// Knows values and a frame in pixels; knows nothing of pointers, keys or the form.

import { timeAxis, valueGrid, valueRoom } from "./axes.js";
import { s } from "./dom.js";
import { digitsFor, number } from "./format.js";
import { latest, niceTicks } from "./scales.js";
import { linePath, round } from "./sparkline.js";

const HEIGHT = 176;
const TOP = 10;
const BOTTOM = 30;
const RIGHT = 10;
const HEADROOM = 1.06;
const ROW_HEIGHT = 48;
const ROW_TOP = 18;
const ROW_BASE = 45;
const PER_DOT = 6;
const DENSE = 3;
const ROOM = 40;
const GRIP = 20;
const MOST_DECIMALS = 6;

const known = (values) => values.filter((value) => value !== null && value !== undefined);

/** Where the series goes; `ticks` stay as they are while a point is held. */
export function seriesFrame({ values, ahead, rows }, width, range, held) {
  const past = values.length;
  const { first, last } = range ?? latest(width, past, ahead);
  const seen = known(values.slice(first, last + 1));
  const ticks = held ?? niceTicks(Math.min(0, ...seen) * HEADROOM, Math.max(...seen, seen.length ? 1e-9 : 1) * HEADROOM, 3);
  const { digits, left } = valueRoom(ticks);
  const widest = Math.max(left, ...rows.map((row) => written(topOf(row, first, last)).length * 8 + 10));
  const right = width - RIGHT;
  const base = HEIGHT - BOTTOM;
  const x = (at) => widest + 6 + ((at - first) / Math.max(1, last - first)) * (right - widest - 12);
  const perPixel = (ticks.at(-1) - ticks[0]) / (base - TOP);
  const y = (value) => base - (value - ticks[0]) / perPixel;
  const perStep = x(first + 1) - x(first);
  return { x, y, perPixel, perStep, past, first, last, end: past + ahead - 1, left: widest, right, width, height: HEIGHT, base, top: TOP, ticks, digits };
}

/** Where a row goes, under the same steps. */
export function rowFrame(row, frame) {
  const seen = known(row.values.slice(frame.first, frame.last + 1));
  const low = Math.min(0, ...seen);
  const high = topOf(row, frame.first, frame.last) || 1;
  const perPixel = (high - low) / (ROW_BASE - ROW_TOP);
  return { ...frame, height: ROW_HEIGHT, base: ROW_BASE, top: ROW_TOP, ticks: [low, high], perPixel, low, y: (value) => ROW_BASE - (value - low) / perPixel };
}

export function drawSeries({ values, calendar }, frame) {
  const { x, y, first, last, past, perStep, base } = frame;
  const seen = values.slice(first, last + 1);
  const place = (at) => x(first + at);
  return canvas(frame,
    valueGrid(frame),
    timeAxis(calendar, frame),
    gapsOf(seen).map(([from, to]) => s("rect", { class: "gap", x: round(place(from) - perStep / 2), y: TOP, width: round((to - from + 1) * perStep), height: base - TOP })),
    frame.right - x(past) > ROOM ? s("text", { class: "side ahead", x: frame.right - 4, y: TOP + 12, "text-anchor": "end" }, "ahead") : null,
    s("path", { class: perStep < DENSE ? "history dense" : "history", d: linePath(seen, place, y) }),
    perStep < PER_DOT ? null : seen.map((value, at) => (value === null ? null : s("circle", { class: "history-dot", cx: round(place(at)), cy: round(y(value)), r: 2 }))));
}

export function drawRow(row, frame) {
  const { y, first, last, past, ticks: [low, high] } = frame;
  const isGiven = row.values.some((value) => value !== null);
  const parts = [[Math.max(first, 0), Math.min(last, past - 1), "row-area"], [Math.max(first, past), last, "row-area ahead"]];
  return canvas(frame,
    s("text", { class: "row-title", x: frame.left, y: 12 }, row.title, isGiven ? null : s("tspan", {}, " not given")),
    isGiven ? s("text", { x: frame.left - 8, y: ROW_TOP + 8, "text-anchor": "end" }, written(high)) : null,
    parts.map(([from, to, kind]) => s("path", { class: kind, d: stepPath(row.values, from, to, frame) })),
    s("line", { class: "row-base", x1: frame.left, x2: frame.right, y1: Math.round(y(Math.max(0, low))) + 0.5, y2: Math.round(y(Math.max(0, low))) + 0.5 }));
}

/** The first and the last step of every gap. */
function gapsOf(values) {
  const gaps = [];
  values.forEach((value, at) => {
    if (value !== null) return;
    if (gaps.at(-1)?.[1] === at - 1) gaps.at(-1)[1] = at;
    else gaps.push([at, at]);
  });
  return gaps;
}

/** What marks the chosen step: a hairline, and where it can be changed, the value to take hold of. */
export function cursorAt(at, value, isOpen, { x, y, top, base, past }) {
  const place = Math.min(Math.max(y(value ?? 0), 2), base);
  return s("g", { class: "cursor" },
    s("line", { x1: x(at), x2: x(at), y1: top, y2: base }),
    isOpen ? [
      s("circle", { cx: x(at), cy: place, r: 5, class: at < past ? "on-history" : "on-median" }),
      s("circle", { cx: x(at), cy: place, r: GRIP, class: "grip" }),
    ] : null);
}

function canvas({ width, height, past, first, last, x, top, base, right }, ...marks) {
  const seam = round(x(past - 0.5));
  return s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    last >= past && past > first ? [
      s("rect", { class: "days-ahead", x: seam, y: top, width: round(right - seam), height: base - top }),
      s("line", { class: "seam", x1: seam, x2: seam, y1: top, y2: base }),
    ] : null,
    marks);
}

/** The outline of bars without gaps between them, open where a value is unknown. */
function stepPath(values, from, to, { x, y, perStep, low }) {
  const floor = round(y(Math.max(0, low)));
  let path = "";
  for (let at = from; at <= to; at += 1) {
    const value = values[at] ?? null;
    if (value === null) continue;
    const begins = at === from || (values[at - 1] ?? null) === null;
    const ends = at === to || (values[at + 1] ?? null) === null;
    const [left, right] = [round(x(at) - perStep / 2), round(x(at) + perStep / 2)];
    path += `${begins ? `M${left} ${floor}V` : "V"}${round(y(value))}H${right}${ends ? `V${floor}` : ""}`;
  }
  return path;
}

const topOf = ({ values }, first, last) => Math.max(0, ...known(values.slice(first, last + 1)));
const written = (high) => number(high, high >= 10 ? 0 : digitsFor(high));

/** The smallest change that is worth making: whole numbers stay whole, large ones stay round. */
export function unitOf(values) {
  const decimals = Math.max(0, ...known(values).map((value) => (String(value).split(".")[1] ?? "").length));
  const span = Math.max(0, ...known(values)) - Math.min(0, ...known(values));
  return Math.max(10 ** -Math.min(decimals, MOST_DECIMALS), 10 ** Math.floor(Math.log10(span / 100 || 1e-9)));
}
