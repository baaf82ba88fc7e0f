// The examples as cards: a name, and the series' shape where there is one.
// Knows an example's request; what a click does is given.

import { byId, h, put } from "./dom.js";
import { sparkline } from "./sparkline.js";

/** Shows the cards; `choose` is called with an example. Returns a function that marks one as chosen, or none. */
export function showExamples(examples, choose) {
  const cards = examples.map((example, at) => {
    const inputs = [example.request?.inputs].flat()[0];
    const series = Array.isArray(inputs?.series) ? inputs.series.slice(-56) : null;
    return h("button", { type: "button", class: "example", "aria-pressed": "false", click: () => choose(example) },
      h("span", { class: "name" }, example.name ?? `Example ${at + 1}`),
      series && series.length > 1 ? sparkline(series) : null);
  });
  put(byId("examples"), cards);
  return (example) => cards.forEach((card, at) => card.setAttribute("aria-pressed", String(examples[at] === example)));
}
