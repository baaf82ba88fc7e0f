// The forecast drawn: history, a hairline where the forecast begins, intervals, median, what happened.
// Draws what it is given at the width it has; the read-out is readout.js.

import { h, s } from "./dom.js";
import { digitsFor, number, percent } from "./format.js";
import { attachReadout } from "./readout.js";
import { niceTicks, spread, stepTicks } from "./scales.js";
import { linePath, round } from "./sparkline.js";
import { inAltText } from "./words.js";

const MAX_HISTORY = 56;
const MIN_HISTORY = 28;
const PER_STEP = 8.8;
const TOP = 26;
const BOTTOM = 30;
const LABEL_GAP = 16;

/** A figure that redraws itself when its width changes. */
export function forecastChart(forecast) {
  const readout = h("p", { class: "chart-readout" });
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-label": "Chart; the arrow keys read single values" });
  const figure = h("figure", { class: "chart", id: "chart" }, readout, plot);
  const cursor = attachReadout(plot, readout, forecast);
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now < 100 || now === width) return;
    width = now;
    // Outside the observer's own turn: what is drawn there would resize what it observes.
    requestAnimationFrame(() => {
      const { svg, frame } = draw(forecast, width);
      plot.replaceChildren(svg);
      cursor(svg, frame);
    });
  }).observe(plot);
  return figure;
}

function draw(forecast, width) {
  const frame = frameOf(forecast, width);
  const { x, y, past, first, last, left, right, height, ticks, digits } = frame;
  const future = (values) => linePath(values, (at) => x(past + at), y);
  const bands = forecast.bands.map((band) => s("path", { class: "band", d: bandPath(band, forecast.steps, (at) => x(past + at), y) }));
  const history = Array.from({ length: past - first }, (_, at) => forecast.history[first + at]);
  const seam = round(x(past - 0.5));
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": inAltText(forecast, past - first) },
    s("g", { class: "grid" }, ticks.map((tick) => [
      s("line", { x1: left, x2: right, y1: round(y(tick)) + 0.5, y2: round(y(tick)) + 0.5, class: tick === 0 ? "base" : null }),
      s("text", { x: left - 8, y: round(y(tick)) + 4.5, "text-anchor": "end" }, number(tick, digits)),
    ])),
    dateAxis(forecast, frame),
    bands,
    s("line", { class: "seam", x1: seam, x2: seam, y1: 4, y2: height - BOTTOM }),
    s("text", { class: "side", x: seam - 8, y: 15, "text-anchor": "end" }, "observed"),
    s("text", { class: "side ahead", x: seam + 8, y: 15 }, "forecast"),
    s("path", { class: "history", d: linePath(history, (at) => x(first + at), y) }),
    s("path", { class: "median", d: future(forecast.line) }),
    forecast.line.map((value, at) => s("circle", { class: "median-dot", cx: round(x(past + at)), cy: round(y(value)), r: 2.5 })),
    (forecast.actual ?? []).map((value, at) => (value === null ? null
      : s("circle", { class: "actual", cx: round(x(past + at)), cy: round(y(value)), r: 4 }))),
    endLabels(forecast, frame).map(({ text, y: at, kind }) => s("text", { class: `end ${kind}`, x: x(last) + 12, y: round(at) + 4.5 }, text)));
  return { svg, frame };
}

/** Where everything goes. */
function frameOf(forecast, width) {
  const height = width < 520 ? 260 : 340;
  const past = forecast.history.length;
  const last = past + forecast.steps - 1;
  const room = Math.floor((width - 120) / PER_STEP) - forecast.steps;
  const whole = Math.floor(Math.min(MAX_HISTORY, Math.max(MIN_HISTORY, room)) / 7) * 7;
  const first = Math.max(0, past - whole);
  const values = [
    ...forecast.history.slice(first), ...forecast.line, ...(forecast.actual ?? []),
    ...forecast.bands.flatMap(({ low, high }) => [...low, ...high]),
  ].filter((value) => value !== null);
  const ticks = niceTicks(Math.min(0, ...values), Math.max(...values, 1e-9), height < 300 ? 3 : 4);
  const digits = Math.max(...ticks.map((tick) => (String(tick).split(".")[1] ?? "").length));
  const left = Math.max(...ticks.map((tick) => number(tick, digits).length)) * 8 + 10;
  const right = width - 62;
  const x = (at) => left + 6 + ((at - first) / Math.max(1, last - first)) * (right - left - 12);
  const y = (value) => height - BOTTOM - ((value - ticks[0]) / (ticks.at(-1) - ticks[0])) * (height - BOTTOM - TOP);
  return { x, y, past, first, last, left, right, height, ticks, digits, valueDigits: digitsFor(Math.max(...values)) };
}

function dateAxis(forecast, { x, past, first, last, right, height }) {
  const perStep = x(first + 1) - x(first) || 1;
  const ticks = stepTicks(first, last, past, perStep, 84, forecast.stepDays);
  const base = height - BOTTOM;
  return s("g", { class: "axis" }, ticks.map((at, index) => {
    const newYear = forecast.yearAt(at) !== null && (index === 0 || forecast.yearAt(at) !== forecast.yearAt(ticks[index - 1]));
    const text = forecast.tickAt(at, newYear);
    const reach = text.length * 3.6;
    const place = Math.min(Math.max(x(at), reach), right + 50 - reach);
    return [
      s("line", { x1: round(x(at)), x2: round(x(at)), y1: base, y2: base + 5 }),
      s("text", { x: round(place), y: base + 20, "text-anchor": "middle", class: at === past ? "ahead" : null }, text),
    ];
  }));
}

/** Names at the right end of their marks, moved apart where they would touch. */
function endLabels(forecast, { y, height }) {
  const labels = [{ text: forecast.lineName, y: y(forecast.line.at(-1)), kind: "strong" }];
  for (const band of forecast.bands) labels.push({ text: percent(band.share, 1), y: y(band.high.at(-1)), kind: "soft" });
  const truth = forecast.actual?.at(-1);
  if (truth !== undefined && truth !== null) labels.push({ text: "actual", y: y(truth), kind: "truth" });
  return spread(labels, LABEL_GAP, TOP, height - BOTTOM - 6);
}

function bandPath({ low, high }, steps, x, y) {
  const points = (values) => values.map((value, at) => [x(at), y(value)]);
  // One step has no width of its own.
  const widen = (line) => (steps > 1 ? line : [[line[0][0] - 5, line[0][1]], [line[0][0] + 5, line[0][1]]]);
  const ring = [...widen(points(high)), ...widen(points(low)).reverse()];
  return `M${ring.map(([px, py]) => `${round(px)} ${round(py)}`).join("L")}Z`;
}
