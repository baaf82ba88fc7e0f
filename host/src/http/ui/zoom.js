// A strip with the whole series in small, and two handles around the part that is shown.
// Knows steps and their places; what a choice leads to is given.

import { h, s } from "./dom.js";
import { linePath } from "./sparkline.js";

const LEAST = 7;
const WEEK = 7;
const HIGH = 32;

/** {element, show}: `choose` is called with {first, last}, or with null for what is shown at first. */
export function zoomStrip(noun, choose) {
  let now = null;
  let drawn = null;
  let held = null;
  const handle = (side) => h("div", {
    class: `zoom-handle ${side}`, role: "slider", tabindex: "0", "aria-label": `${side === "first" ? "First" : "Last"} ${noun} shown`,
    keydown: (event) => keys(event, side),
  });
  const handles = { first: handle("first"), last: handle("last") };
  const view = h("div", { class: "zoom-view" });
  const picture = h("div", { class: "zoom-picture" });
  const strip = h("div", { class: "zoom-strip", dblclick: () => choose(null) }, picture, view, handles.first, handles.last);
  const toggle = h("button", { type: "button", class: "quiet-button", click: () => choose(isWhole() ? null : { first: 0, last: now.end }) });
  const element = h("div", { class: "zoom", hidden: true }, strip, toggle);

  const isWhole = () => now.first === 0 && now.last === now.end;
  const within = (value, low, high) => Math.min(high, Math.max(low, value));
  const least = () => Math.min(LEAST, now.end + 1) - 1;
  const put = (side, to) => choose(side === "first"
    ? { first: within(to, 0, now.last - least()), last: now.last }
    : { first: now.first, last: within(to, now.first + least(), now.end) });
  const slide = (to, long) => {
    const first = within(to, 0, now.end - long);
    choose({ first, last: first + long });
  };

  const keys = (event, side) => {
    const stride = event.shiftKey ? WEEK : 1;
    const to = {
      ArrowLeft: now[side] - stride, ArrowDown: now[side] - stride, ArrowRight: now[side] + stride, ArrowUp: now[side] + stride,
      PageDown: now[side] - WEEK, PageUp: now[side] + WEEK, Home: 0, End: now.end, Escape: null,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (to === null) choose(null);
    else put(side, to);
  };
  const stepAt = (event) => {
    const box = strip.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * (now.end + 1);
  };
  strip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const side = Object.keys(handles).find((one) => handles[one].contains(event.target)) ?? null;
    const long = now.last - now.first;
    // Beside the window, it comes to where the finger is.
    if (!side && event.target !== view) slide(Math.round(stepAt(event) - long / 2), long);
    held = { side, from: stepAt(event), first: now.first, edge: side ? now[side] : null, long };
    if (side) handles[side].focus({ focusVisible: false });
    strip.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  strip.addEventListener("pointermove", (event) => {
    if (!held) return;
    const by = Math.round(stepAt(event) - held.from);
    if (held.side) put(held.side, held.edge + by);
    else slide(held.first + by, held.long);
  });
  for (const end of ["pointerup", "pointercancel"]) strip.addEventListener(end, () => { held = null; });

  /** `values` are those of the whole series and what follows it; `nameAt` names a step. */
  const show = ({ values, past, first, last, isLatest, nameAt }) => {
    now = { first, last, end: values.length - 1 };
    element.hidden = isWhole() && isLatest;
    if (element.hidden) return;
    if (values !== drawn) picture.replaceChildren(overview(values, past));
    drawn = values;
    const share = (step) => `${(100 * step) / values.length}%`;
    view.style.left = handles.first.style.left = share(first);
    view.style.right = share(values.length - 1 - last);
    handles.last.style.left = share(last + 1);
    for (const side of ["first", "last"]) {
      const state = { valuemin: 0, valuemax: now.end, valuenow: now[side], valuetext: nameAt(now[side]) };
      for (const [key, value] of Object.entries(state)) handles[side].setAttribute(`aria-${key}`, value);
    }
    toggle.textContent = isWhole() ? "Show latest" : "Show all";
  };
  return { element, show };
}

function overview(values, past) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) || 1;
  const low = Math.min(...known, 0);
  const x = (at) => at + 0.5;
  const y = (value) => HIGH - 2 - ((value - low) / (top - low)) * (HIGH - 4);
  const part = (from, to) => values.map((value, at) => (at >= from && at < to ? value : null));
  return s("svg", { viewBox: `0 0 ${values.length} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    s("path", { class: "history", d: linePath(part(0, past), x, y) }),
    s("path", { class: "median", d: linePath(part(past, values.length), x, y) }));
}
