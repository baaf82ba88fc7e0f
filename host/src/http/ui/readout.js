// What the chart says under the pointer, and under the arrow keys.
// Knows the forecast and the chart's frame; draws only its own cursor.

import { h, s } from "./dom.js";
import { number, percent } from "./format.js";

/** Returns a function that the chart calls with each new drawing. */
export function attachReadout(plot, readout, forecast) {
  let svg = null;
  let frame = null;
  let at = null;
  const past = forecast.history.length;

  const show = () => {
    svg?.querySelector(".cursor")?.remove();
    if (at === null || !frame) {
      readout.replaceChildren(h("span", {}, `Observed until ${forecast.nameAt(past - 1)}, forecast from ${forecast.nameAt(past)}`));
      return;
    }
    readout.replaceChildren(...describe(forecast, at, frame.valueDigits));
    svg?.append(cursorAt(forecast, at, frame));
  };
  const move = (to) => {
    at = to === null ? null : Math.min(frame.last, Math.max(frame.first, to));
    show();
  };

  const point = (event) => {
    if (!frame) return;
    const box = svg.getBoundingClientRect();
    const perStep = frame.x(frame.first + 1) - frame.x(frame.first) || 1;
    move(frame.first + Math.round((event.clientX - box.left - frame.x(frame.first)) / perStep));
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", () => move(null));
  plot.addEventListener("blur", () => move(null));
  plot.addEventListener("keydown", (event) => {
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const now = at ?? past - 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: frame.first, End: frame.last, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    // Only keys make it speak: under a moving pointer it would never be quiet.
    readout.setAttribute("aria-live", "polite");
    move(to);
  });

  show();
  return (newSvg, newFrame) => {
    svg = newSvg;
    frame = newFrame;
    move(at);
  };
}

function describe(forecast, at, digits) {
  const past = forecast.history.length;
  const pair = (name, value) => h("span", {}, `${name} `, h("b", {}, value));
  const parts = [h("span", { class: "when" }, forecast.nameAt(at))];
  if (at < past) {
    const value = forecast.history[at];
    return [...parts, value === null ? h("span", {}, "no value") : pair("observed", number(value, digits))];
  }
  const step = at - past;
  parts.push(pair(forecast.lineName, number(forecast.line[step], digits)));
  for (const band of forecast.bands.toReversed()) {
    parts.push(pair(percent(band.share, 1), `${number(band.low[step], digits)}–${number(band.high[step], digits)}`));
  }
  const truth = forecast.actual?.[step];
  if (truth !== undefined && truth !== null) parts.push(pair("actual", number(truth, digits)));
  return parts;
}

function cursorAt(forecast, at, { x, y, past, height }) {
  const value = at < past ? forecast.history[at] : forecast.line[at - past];
  return s("g", { class: "cursor" },
    s("line", { x1: x(at), x2: x(at), y1: 22, y2: height - 30 }),
    value === null ? null : s("circle", { cx: x(at), cy: y(value), r: 4.5, class: at < past ? "on-history" : "on-median" }));
}
