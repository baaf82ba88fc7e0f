// A control that gives way to plain JSON for a value that it has no place for, so that no example is lost.
// Knows that controls can tell what fits; knows nothing of what they hold.

import { h } from "./dom.js";
import { jsonInput } from "./inputs.js";

/** Wraps a builder whose inputs have `fits(value)`. */
export function orJson(build) {
  return (spec, id, context) => {
    const own = build(spec, id, context);
    const json = jsonInput(spec, `${id}-json`);
    json.target.setAttribute("aria-label", `${spec.title}, as JSON`);
    const back = h("button", { type: "button", class: "quiet-button", click: () => write(undefined) }, "Use the form instead");
    const raw = h("div", { class: "raw", hidden: true }, json.element, back);
    let now = own;
    const write = (value) => {
      now = own.fits(value) ? own : json;
      raw.hidden = now === own;
      own.element.hidden = now === json;
      if (own.beside) own.beside.hidden = now === json;
      now.write(value);
    };
    return {
      ...own,
      element: h("div", { class: "either" }, own.element, raw),
      get target() { return now.target; },
      read: () => now.read(),
      peek: own.peek && (() => (now === own ? own.peek() : json.read() ?? {})),
      write,
      refuse: (message, at) => (now === own || !message ? own.refuse?.(message, at) : null),
      locate: (at) => (now === own ? own.locate?.(at) : null),
    };
  };
}
