// Any other answer: the values as the server wrote them.
// Knows nothing of tasks.

import { h } from "./dom.js";

const LONGEST_SHOWN = 4000;

/** {headline, plain, notes, parts, saves}, for whatever the answer is. */
export function plainView({ outputs }) {
  const named = outputs !== null && typeof outputs === "object" && !Array.isArray(outputs) ? Object.entries(outputs) : [["outputs", outputs]];
  const simple = named.length === 1 && typeof named[0][1] !== "object" ? String(named[0][1]) : null;
  return {
    headline: simple ?? `${named.length === 1 ? "One output" : `${named.length} outputs`}: ${named.map(([name, value]) => `${name}${shapeOf(value)}`).join(", ")}`,
    plain: true,
    notes: [],
    parts: simple ? [] : named.map(([name, value]) => h("div", { class: "tensor" }, h("h3", {}, name), h("pre", { class: "code", tabindex: "0" }, brief(value)))),
    saves: [],
  };
}

function brief(value) {
  const text = JSON.stringify(value, null, 1).replace(/\n\s+(-?[\d.eE+-]+,?)(?=\n)/g, " $1").replace(/(\d)\n\s*\]/g, "$1 ]");
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}\n… the rest is in the download` : text;
}

/** " [1 × 7 × 3]" for nested lists or for {shape, data}. */
function shapeOf(value) {
  const shape = Array.isArray(value?.shape) ? [...value.shape] : [];
  for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  return shape.length ? ` [${shape.join(" × ")}]` : "";
}
