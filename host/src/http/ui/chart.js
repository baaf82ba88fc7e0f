// The forecast drawn: history, a hairline where the forecast begins, intervals, median, what happened.
// Draws what it is given at the width it has; the read-out is readout.js, the part in view zoom.js.

import { timeAxis, valueGrid, valueRoom } from "./axes.js";
import { h, s } from "./dom.js";
import { digitsFor, percent } from "./format.js";
import { attachReadout } from "./readout.js";
import { latest, niceTicks, spread } from "./scales.js";
import { linePath, round } from "./sparkline.js";
import { inAltText } from "./words.js";
import { zoomStrip } from "./zoom.js";

const TOP = 26;
const BOTTOM = 30;
const RIGHT = 62;
const LABEL_GAP = 16;
const PER_DOT = 12;
const DENSE = 3;

/**
 * {element, draw, compare}: a figure that redraws itself when its width changes, and its picture at any width;
 * `compare` draws the medians of other runs with it, {name, line}, with null where one has no such step.
 */
export function forecastChart(forecast, { beside = [] } = {}) {
  const readout = h("p", { class: "chart-readout" });
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-label": "Chart; the arrow keys read single values" });
  const cursor = attachReadout(plot, readout, forecast);
  const whole = [...forecast.history, ...forecast.line];
  let others = beside;
  let width = 0;
  let range = null;
  const redraw = () => {
    const { svg, frame } = draw(forecast, width, range, others);
    plot.replaceChildren(svg);
    cursor(svg, frame);
    zoom.show({ values: whole, past: frame.past, first: frame.first, last: frame.last, isLatest: range === null, nameAt: forecast.nameAt });
  };
  const choose = (chosen) => {
    range = chosen;
    redraw();
  };
  const zoom = zoomStrip(forecast.noun, choose);
  plot.addEventListener("dblclick", () => choose(null));
  const fit = (now) => {
    if (now < 100 || now === width) return;
    width = now;
    redraw();
  };
  // By the end of this turn the figure has its place; waiting for the observer would cost a frame.
  queueMicrotask(() => {
    fit(plot.clientWidth);
    performance.mark("drawn");
  });
  // Outside the observer's own turn: what is drawn there would resize what it observes.
  new ResizeObserver(([entry]) => requestAnimationFrame(() => fit(Math.floor(entry.contentRect.width)))).observe(plot);
  return {
    element: h("figure", { class: "chart", id: "chart" }, readout, plot, zoom.element),
    draw: (wide) => draw(forecast, wide, range, others).svg,
    compare: (lines) => {
      others = lines;
      if (width) redraw();
    },
  };
}

function draw(forecast, width, range, others) {
  const frame = frameOf(forecast, width, range ?? latest(width, forecast.history.length, forecast.steps), others);
  const { x, y, past, first, last, height, base, shown } = frame;
  const ahead = (at) => x(shown.from + at);
  const seam = round(x(past - 0.5));
  const seen = seam >= x(first) && seam <= x(last);
  const perStep = x(first + 1) - x(first);
  const dots = (values, place, kind, r) => values.map((value, at) => (value === null ? null
    : s("circle", { class: kind, cx: round(place(at)), cy: round(y(value)), r })));
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": inAltText(forecast, first, last) },
    valueGrid(frame),
    timeAxis(forecast, frame),
    shown.bands.map((band) => s("path", { class: "band", d: bandPath(band, ahead, y) })),
    seen ? [
      s("line", { class: "seam", x1: seam, x2: seam, y1: 4, y2: base }),
      seam - frame.left > 72 ? s("text", { class: "side", x: seam - 8, y: 15, "text-anchor": "end" }, "observed") : null,
      s("text", { class: "side ahead", x: seam + 8, y: 15 }, "forecast"),
    ] : null,
    s("path", { class: perStep < DENSE ? "history dense" : "history", d: linePath(shown.history, (at) => x(first + at), y) }),
    perStep >= PER_DOT ? dots(shown.history, (at) => x(first + at), "history-dot", 2) : null,
    shown.others.map(({ line }) => s("path", { class: "kept-line", d: linePath(line, ahead, y) })),
    s("path", { class: "median", d: linePath(shown.line, ahead, y) }),
    perStep >= DENSE ? dots(shown.line, ahead, "median-dot", 2.5) : null,
    dots(shown.actual, ahead, "actual", 4),
    endLabels(forecast, frame).map(({ text, y: at, kind }) => s("text", { class: `end ${kind}`, x: x(last) + 12, y: round(at) + 4.5 }, text)));
  return { svg, frame };
}

/** Where everything goes, and the part of the values that is in view. */
function frameOf(forecast, width, { first, last }, others) {
  const height = width < 520 ? 260 : 340;
  const base = height - BOTTOM;
  const past = forecast.history.length;
  const from = Math.max(first, past);
  const ahead = (values) => values.slice(from - past, last - past + 1);
  const isAhead = last >= past;
  const shown = {
    from,
    history: forecast.history.slice(first, last + 1),
    line: isAhead ? ahead(forecast.line) : [],
    actual: isAhead ? ahead(forecast.actual ?? []) : [],
    bands: isAhead ? forecast.bands.map(({ share, low, high }) => ({ share, low: ahead(low), high: ahead(high) })) : [],
    others: isAhead ? others.map(({ name, line }) => ({ name, line: ahead(line) })) : [],
  };
  const values = [...shown.history, ...shown.line, ...shown.actual, ...shown.bands.flatMap(({ low, high }) => [...low, ...high]), ...shown.others.flatMap(({ line }) => line)]
    .filter((value) => value !== null);
  // What makes totals is seen against nothing at all; of a price only the changes are.
  const low = forecast.addsUp ? Math.min(0, ...values) : Math.min(...values);
  const ticks = niceTicks(low, Math.max(...values, low + 1e-9), height < 300 ? 3 : 4);
  const { digits, left } = valueRoom(ticks);
  const right = width - RIGHT;
  const x = (at) => left + 6 + ((at - first) / Math.max(1, last - first)) * (right - left - 12);
  const y = (value) => base - ((value - ticks[0]) / (ticks.at(-1) - ticks[0])) * (base - TOP);
  return { x, y, past, first, last, left, right, width, height, base, ticks, digits, shown, valueDigits: digitsFor(Math.max(...values)) };
}

/** Names at the right end of their marks, moved apart where they would touch. */
function endLabels(forecast, { y, base, shown }) {
  if (shown.line.length === 0) return [];
  const labels = [{ text: forecast.lineName, y: y(shown.line.at(-1)), kind: "strong" }];
  for (const band of shown.bands) labels.push({ text: percent(band.share, 1), y: y(band.high.at(-1)), kind: "soft" });
  const truth = shown.actual.at(-1);
  if (truth !== undefined && truth !== null) labels.push({ text: "actual", y: y(truth), kind: "truth" });
  for (const { name, line } of shown.others) {
    const end = line.findLast((value) => value !== null);
    if (end !== undefined) labels.push({ text: name, y: y(end), kind: "kept" });
  }
  return spread(labels, LABEL_GAP, TOP, base - 6);
}

function bandPath({ low, high }, x, y) {
  const points = (values) => values.map((value, at) => [x(at), y(value)]);
  // One step has no width of its own.
  const widen = (line) => (low.length > 1 ? line : [[line[0][0] - 5, line[0][1]], [line[0][0] + 5, line[0][1]]]);
  const ring = [...widen(points(high)), ...widen(points(low)).reverse()];
  return `M${ring.map(([px, py]) => `${round(px)} ${round(py)}`).join("L")}Z`;
}
