// A vector drawn: a bar for each value, in lines that fill the width, read out under the pointer and the arrow keys.
// Knows numbers; knows nothing of what they mean.

import { h, s } from "./dom.js";
import { number, precise } from "./format.js";
import { round } from "./sparkline.js";

const NARROWEST = 3.2;
const PER_LINE = [256, 192, 128, 96, 64, 48, 32];
const INVITATION = "Point at a bar, or use the arrow keys, to read a value";

/** A figure that redraws itself when its width changes. */
export function vectorStrip(values) {
  const readout = h("p", { class: "chart-readout" }, h("span", {}, INVITATION));
  const plot = h("div", { class: "plot strip", tabindex: "0", role: "group", "aria-label": `A vector of ${values.length} values; the arrow keys read single ones` });
  let frame = null;
  let at = null;
  const show = () => {
    const cursor = frame?.svg.querySelector(".cursor");
    cursor?.setAttribute("visibility", at === null ? "hidden" : "visible");
    if (at === null) {
      readout.replaceChildren(h("span", {}, INVITATION));
      return;
    }
    readout.replaceChildren(h("span", { class: "when" }, `Value ${number(at + 1, 0)} of ${number(values.length, 0)}`), h("b", {}, precise(values[at])));
    if (!frame) return;
    cursor.setAttribute("x", round((at % frame.perLine) * frame.wide));
    cursor.setAttribute("y", Math.floor(at / frame.perLine) * frame.high);
  };
  const move = (to) => {
    at = to === null ? null : Math.min(values.length - 1, Math.max(0, to));
    show();
  };
  const point = (event) => {
    if (!frame) return;
    const box = frame.svg.getBoundingClientRect();
    const column = Math.min(frame.perLine - 1, Math.max(0, Math.floor((event.clientX - box.left) / frame.wide)));
    move(Math.floor((event.clientY - box.top) / frame.high) * frame.perLine + column);
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", () => move(null));
  plot.addEventListener("blur", () => move(null));
  plot.addEventListener("keydown", (event) => {
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = frame.perLine;
    const now = at ?? -1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, ArrowUp: now - line, ArrowDown: at === null ? 0 : now + line, Home: 0, End: values.length - 1, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    readout.setAttribute("aria-live", "polite");
    move(to);
  });
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now < 100 || now === width) return;
    width = now;
    requestAnimationFrame(() => {
      frame = draw(values, width);
      plot.replaceChildren(frame.svg);
      show();
    });
  }).observe(plot);
  return h("figure", { class: "chart" }, readout, plot);
}

function draw(values, width) {
  const perLine = Math.min(values.length, PER_LINE.find((count) => count * NARROWEST <= width) ?? PER_LINE.at(-1));
  const lines = Math.ceil(values.length / perLine);
  const high = lines > 12 ? 20 : lines > 4 ? 28 : 44;
  const wide = Math.min(24, width / perLine);
  const most = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  const path = (wanted) => values.map((value, at) => {
    if (Math.sign(value) !== wanted) return "";
    const middle = (Math.floor(at / perLine) + 0.5) * high;
    const tall = (value / most) * (high / 2 - 1.5);
    return `M${round((at % perLine) * wide)} ${round(middle)}h${round(Math.max(0.8, wide - 0.8))}v${round(-tall)}h${-round(Math.max(0.8, wide - 0.8))}z`;
  }).join("");
  const svg = s("svg", { width: Math.ceil(perLine * wide), height: lines * high, role: "img", "aria-label": `Bars of ${values.length} values between ${precise(Math.min(...values))} and ${precise(Math.max(...values))}` },
    s("rect", { class: "cursor", width: round(wide), height: high, visibility: "hidden" }),
    s("g", { class: "grid" }, Array.from({ length: lines }, (_, line) => s("line", { x1: 0, x2: Math.min(perLine, values.length - line * perLine) * wide, y1: (line + 0.5) * high, y2: (line + 0.5) * high }))),
    s("path", { class: "above", d: path(1) }),
    s("path", { class: "below-zero", d: path(-1) }));
  return { svg, perLine, wide, high };
}
