// Texts: one, several with one a line, or a pair, with a live count of characters; some models take pairs only.
// Knows how texts are typed in; what a model makes of them it does not know.

import { h } from "./dom.js";
import { number, plural } from "./format.js";
import { Unreadable } from "./inputs.js";
import { typesOf } from "./types.js";

export function textsInput(spec, id, context) {
  const types = typesOf(spec.schema);
  const lone = types.length === 0 || types.includes("string");
  const lists = lone && types.includes("array");
  const target = h("textarea", { id, name: id, rows: lone ? 6 : 3, dir: "auto", placeholder: "Type or paste a text" });
  const second = h("textarea", { id: `${id}-second`, rows: 3, dir: "auto" });
  const pair = h("div", { class: "second" },
    h("label", { for: second.id }, spec.schema.properties?.text_pair?.title ?? "Second text", lone ? h("span", { class: "optional" }, "optional") : null), second);
  const several = h("input", { type: "checkbox", id: `${id}-lines` });
  const toggle = h("label", { class: "toggle", for: several.id }, several, "One text per line");
  const count = h("p", { class: "count", id: `${id}-count` });

  const tell = () => {
    pair.hidden = several.checked || !(context.pairs || second.value || !lone);
    const most = spec.schema.maxLength;
    const texts = several.checked ? linesOf(target.value) : [target.value];
    const longest = Math.max(0, ...texts.map(({ length }) => length));
    // Code points are what a schema counts; no text has more of them than it has units.
    const size = texts.reduce((sum, text) => sum + codePoints(text), 0);
    const bound = most && !several.checked ? ` of ${number(most, 0)}` : "";
    count.textContent = `${several.checked ? `${plural(texts.length, "text")}, ` : ""}${number(size, 0)}${bound} ${size === 1 && !bound ? "character" : "characters"}`;
    count.classList.toggle("bad", Boolean(most) && longest > most && texts.some((text) => codePoints(text) > most));
  };
  for (const one of [target, second, several]) one.addEventListener("input", tell);
  // A change that leaves nothing to predict is no reason to predict.
  several.addEventListener("change", (event) => { if (target.value.trim() === "") event.stopPropagation(); });

  const read = () => {
    if (target.value.trim() === "") throw new Unreadable("write a text first");
    if (several.checked) return linesOf(target.value);
    if (!lone && second.value.trim() === "") throw new Unreadable("write a second text to go with it", "/inputs/text_pair");
    return second.value.trim() && !pair.hidden ? { text: target.value, text_pair: second.value } : target.value;
  };
  const write = (value) => {
    several.checked = Array.isArray(value);
    target.value = Array.isArray(value) ? value.join("\n") : value?.text ?? value ?? "";
    second.value = value?.text_pair ?? "";
    tell();
  };
  tell();
  return {
    element: h("div", { class: "texts-editor" }, target, count, pair),
    beside: lists ? toggle : null,
    title: lone ? null : spec.schema.properties.text.title,
    target,
    read,
    write,
    fits: (value) => value === undefined || value === null || (lone && typeof value === "string") || isPair(value) || (lists && isLines(value)),
    /** Selects the line that is meant. */
    locate: (at) => {
      if (/\/text_pair$/.test(at ?? "")) return second;
      const row = /^\/inputs\/(\d+)$/.exec(at ?? "")?.[1];
      const line = several.checked && row ? lineAt(target.value, Number(row)) : null;
      if (line) target.setSelectionRange(...line);
      return target;
    },
  };
}

const linesOf = (text) => text.split("\n").filter((line) => line.trim() !== "");

/** Where the text that was sent as number `row` begins and ends; blank lines were not sent. */
function lineAt(text, row) {
  let from = 0;
  let left = row;
  for (const line of text.split("\n")) {
    if (line.trim() !== "") {
      if (left === 0) return [from, from + line.length];
      left -= 1;
    }
    from += line.length + 1;
  }
  return null;
}

const isLines = (value) => Array.isArray(value) && value.every((one) => typeof one === "string" && one.trim() !== "" && !one.includes("\n"));
const isPair = (value) => typeof value?.text === "string" && Object.keys(value).every((key) => key === "text" || (key === "text_pair" && typeof value.text_pair === "string"));

function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
