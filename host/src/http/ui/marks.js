// A text with marks in it, and a line that says what is under the pointer or the focus.
// Knows places counted in code points; what the marks mean it is told.

import { likely } from "./bars.js";
import { h } from "./dom.js";
import { number } from "./format.js";

const INVITATION = "Point at a mark, or use the arrow keys, to see its score";

/** `found` are {start, end, kind, label, score, word}; `hues` gives each kind the number of its colour. */
export function markedText(text, found, hues) {
  const letters = Array.from(text);
  const shown = apart(found, letters.length);
  const readout = h("p", { class: "chart-readout" });
  const marks = [];
  const pieces = [];
  let from = 0;
  for (const one of shown) {
    const mark = h("mark", { class: `hue-${hues.get(one.kind)}`, tabindex: marks.length ? "-1" : "0", "data-label": one.label },
      letters.slice(one.start, one.end).join(""), h("span", { class: "tag" }, one.label));
    pieces.push(letters.slice(from, one.start).join(""), mark);
    marks.push(mark);
    from = one.end;
  }
  pieces.push(letters.slice(from).join(""));

  const hidden = found.length - shown.length;
  const rest = () => readout.replaceChildren(h("span", {}, marks.length ? INVITATION : "Nothing was found here"),
    hidden ? h("span", {}, `${hidden} overlap or have no place, and are in the table only`) : "");
  const tell = (at) => {
    const { label, score, start, end } = shown[at];
    const pair = (name, value) => h("span", {}, `${name} `, h("b", {}, value));
    readout.replaceChildren(h("span", { class: "when" }, letters.slice(start, Math.min(end, start + 60)).join("")),
      pair("label", label), Number.isFinite(score) ? pair("score", likely(score)) : "", pair("characters", `${number(start, 0)} to ${number(end, 0)}`));
  };
  const at = (event) => marks.indexOf(event.target.closest("mark"));
  const box = h("p", {
    class: "marked", dir: "auto",
    pointerover: (event) => { if (at(event) >= 0) tell(at(event)); },
    pointerleave: rest,
    focusin: (event) => {
      // Only the keyboard makes it speak: under a moving pointer it would never be quiet.
      readout.setAttribute("aria-live", "polite");
      tell(at(event));
    },
    focusout: rest,
    keydown: (event) => {
      const now = at(event);
      const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: marks.length - 1 }[event.key];
      if (now < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const next = marks[Math.min(marks.length - 1, Math.max(0, to))];
      marks.forEach((mark) => { mark.tabIndex = mark === next ? 0 : -1; });
      next.focus();
    },
  }, pieces);
  rest();
  return h("div", { class: "chart" }, readout, box);
}

/** Those with a place in the text, in its order, without the ones that begin inside another. */
function apart(found, length) {
  const placed = found.filter(({ start, end }) => Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end > start && end <= length);
  let end = 0;
  return placed.sort((a, b) => a.start - b.start || b.end - a.end).filter((one) => {
    if (one.start < end) return false;
    end = one.end;
    return true;
  });
}
