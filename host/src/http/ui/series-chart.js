// The editor's chart: the series, the rows beside it under the same time axis, a read-out and a zoom.
// Knows what is chosen and in view; what becomes of a change is series-field.js, how it is drawn series-drawing.js.

import { h } from "./dom.js";
import { number } from "./format.js";
import { cursorAt, drawRow, drawSeries, rowFrame, seriesFrame, unitOf } from "./series-drawing.js";
import { track } from "./track.js";
import { zoomStrip } from "./zoom.js";

const MOST_ROWS = 6;
const KEYS = "Left and right go along the values, up and down change one, with Shift by ten steps. Digits and Enter set it, Delete leaves a gap, Control Z takes a change back.";

/** {element, show, forget}: `change(row, at, value)` is called with null for the series itself. */
export function seriesChart({ id, title, noun, unit, change }) {
  const readout = h("p", { class: "chart-readout" });
  const keys = h("p", { class: "offscreen", id: `${id}-keys` }, KEYS);
  const lines = h("div", { class: "lines" });
  const element = h("div", { class: "series-chart", hidden: true }, readout, keys, lines);
  let state = null;
  let tracks = [];
  let width = 0;
  let range = null;
  let at = null;
  let active = null;
  let held = null;
  let queued = false;

  const zoom = zoomStrip(noun, (chosen) => {
    range = chosen;
    draw();
  });
  element.append(zoom.element);

  /** A line of values that can be changed: the series, or the row called `name`. */
  const line = (name) => {
    const box = h("div", { class: name === null ? "plot series-plot" : "plot series-row", role: "slider", tabindex: "0", "aria-describedby": `${id}-keys`, "data-row": name });
    const own = () => (name === null ? { title, values: state.values } : state.rows.find((row) => row.name === name));
    const one = {
      name, box, own, frame: null,
      startAt: (step) => own().values[step] ?? (name === null ? between(own().values, step) : 0),
      span: () => (name === null ? [0, state.values.length - 1] : own().span),
    };
    one.track = track(box, {
      ...one,
      frame: () => one.frame,
      valueAt: (step) => own().values[step] ?? null,
      unit: () => unitOf(own().values),
      floor: () => (own().values.some((value) => value < 0) ? -Infinity : 0),
      resting: () => (name === null ? state.values.length - 1 : Math.min(state.values.length, own().span[1])),
      chosen: (step, typed) => choose(one, step, typed),
      set: (step, value) => change(name, step, value),
      hold: (yes) => {
        held = yes ? tracks[0].frame.ticks : null;
        if (!yes) draw();
      },
    }, name === null ? undefined : Infinity);
    return one;
  };

  const choose = (one, step, typed) => {
    at = step;
    active = one;
    if (step !== null && (step < one.frame.first || step > one.frame.last)) {
      const by = step < one.frame.first ? step - one.frame.first : step - one.frame.last;
      range = { first: one.frame.first + by, last: one.frame.last + by };
      draw();
    }
    tracks.forEach(mark);
    readout.replaceChildren(...(step === null ? hint() : describe(one, typed)));
  };
  const isOpen = (one) => at >= one.span()[0] && at <= one.span()[1];
  const mark = (one) => {
    one.box.querySelector(".cursor")?.remove();
    if (at !== null && at <= one.frame.last) one.box.firstChild.append(cursorAt(at, one.startAt(at), one === active && isOpen(one), one.frame));
    name(one);
  };
  /** What is spoken of a line: the chosen step, or its last. */
  const name = (one) => {
    const step = at !== null && isOpen(one) ? at : one.span()[1];
    const value = one.own().values[step] ?? null;
    const says = { label: one.name === null ? `${title}, chart` : one.own().title, valuemin: Math.min(0, value ?? 0), valuemax: Math.max(one.frame.ticks.at(-1), value ?? 0), valuenow: value ?? 0, valuetext: `${state.calendar.nameAt(step)}: ${value === null ? "no value" : said(one, value)}` };
    for (const [key, text] of Object.entries(says)) one.box.setAttribute(`aria-${key}`, text);
  };
  const said = (one, value) => `${number(value, decimals(value))}${one.name === null && unit ? ` ${unit}` : ""}`;
  const describe = (one, typed) => {
    const pair = (row, value) => h("span", {}, `${row} `, h("b", {}, value));
    const when = h("span", { class: "when" }, state.calendar.nameAt(at));
    if (typed) return [when, pair(one.own().title, `${typed}▏`), h("span", {}, "Enter sets it")];
    return [when, tracks.filter(isOpen).map((other) => {
      const value = other.own().values[at] ?? null;
      return pair(other.name === null ? "" : other.own().title, value === null ? "no value" : said(other, value));
    })].flat();
  };

  const draw = () => {
    if (!state || state.values.length === 0 || width < 100) return;
    if (range && range.last >= state.values.length + state.ahead) range = null;
    const frame = seriesFrame(state, width, range, held);
    for (const one of tracks) {
      one.frame = one.name === null ? frame : rowFrame(one.own(), frame);
      one.box.replaceChildren(one.name === null ? drawSeries(state, frame) : drawRow(one.own(), one.frame));
      mark(one);
    }
    zoom.show({ values: whole(), past: frame.past, first: frame.first, last: frame.last, isLatest: range === null, nameAt: state.calendar.nameAt });
  };
  let strip = null;
  const whole = () => {
    if (strip?.of !== state.values || strip.all.length !== state.values.length + state.ahead) {
      strip = { of: state.values, all: [...state.values, ...Array(state.ahead).fill(null)] };
    }
    return strip.all;
  };
  const fit = (now) => {
    if (now < 100 || now === width) return;
    width = now;
    draw();
  };
  new ResizeObserver(([entry]) => requestAnimationFrame(() => fit(Math.floor(entry.contentRect.width)))).observe(lines);
  lines.addEventListener("dblclick", () => {
    range = null;
    draw();
  });

  /** `state`: {values, ahead, calendar, rows of {name, title, values, span}}; drawn once a turn. */
  const show = (next) => {
    if (state && next.values.length !== state.values.length) range = null;
    state = { ...next, rows: next.rows.slice(0, MOST_ROWS) };
    element.hidden = state.values.length < 2;
    const names = [null, ...state.rows.map((row) => row.name)];
    if (names.join() !== tracks.map((one) => one.name).join() || tracks.length === 0) {
      tracks = names.map(line);
      lines.replaceChildren(...tracks.map(({ box }) => box));
    }
    if (at !== null && at >= state.values.length + state.ahead) at = null;
    if (at === null) readout.replaceChildren(...hint());
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      if (width < 100) width = lines.clientWidth;
      draw();
    });
  };
  return { element, show, forget: () => tracks.forEach((one) => one.track.forget()) };
}

const hint = () => [
  h("span", { class: "by-mouse" }, "Drag a point. Keys: ← → go along, ↑ ↓ or digits change, Del empties"),
  h("span", { class: "by-touch" }, "Tap a point, then drag it up or down"),
];

const decimals = (value) => Math.min(6, (String(value).split(".")[1] ?? "").length);

/** Where a gap's value would be, if its neighbours are anything to go by. */
function between(values, at) {
  const before = values.slice(0, at).findLast((value) => value !== null);
  const after = values.slice(at + 1).find((value) => value !== null);
  return ((before ?? after ?? 0) + (after ?? before ?? 0)) / 2;
}
