// Named values as horizontal bars, in the order they are given, the first ones in view.
// Knows names and numbers; knows nothing of what they mean.

import { h, s } from "./dom.js";
import { NBSP, number, plural } from "./format.js";

const SHOWN = 5;

/** `items` are {name, value, text}; bars run from 0 to `full`; the items after `shown` are folded away. */
export function bars(items, { full, shown = SHOWN, noun = "label" }) {
  const first = items.length <= shown + 1 ? items : items.slice(0, shown);
  const rest = items.slice(first.length);
  const list = (some) => h("ol", { class: "bars" }, some.map((item) => row(item, full)));
  return h("div", {}, list(first), rest.length ? h("details", { class: "fold" },
    h("summary", {}, h("span", {}, `${plural(rest.length, `more ${noun}`)}`)), list(rest)) : null);
}

function row({ name, value, text }, full) {
  const width = full > 0 ? Math.max(0, Math.min(100, (value / full) * 100)) : 0;
  return h("li", { "data-value": value },
    h("span", { class: "name", dir: "auto" }, name),
    h("span", { class: "value" }, text),
    s("svg", { class: "track", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: "ground", width: 100, height: 6 }),
      s("rect", { class: "fill", width, height: 6 })));
}

/** A probability as people read it: 92.3 %, and never 100 % or 0 % for what is only close. */
export function likely(score) {
  const written = (share, digits) => `${number(share * 100, digits)}${NBSP}%`;
  if (score < 1 && score > 0.9999) return `> ${written(0.9999, 2)}`;
  if (score > 0 && score < 0.0001) return `< ${written(0.0001, 2)}`;
  return written(score, score < 1 && score > 0 && (score > 0.999 || score < 0.001) ? 2 : 1);
}
