// The simple controls: text, numbers, lists, choices, JSON.
// Knows how one value is typed in; knows nothing of labels, requests or other fields.

import { h } from "./dom.js";
import { number, plural } from "./format.js";
import { parseNumbers } from "./series.js";

/** A value that cannot be read as what its field is for; `at` is where in the request, where that is known. */
export class Unreadable extends Error {
  constructor(message, at = null) {
    super(message);
    this.at = at;
  }
}

/** A builder for each kind: (spec, id, context) to {element, target, read, write}. */
export const SIMPLE = {
  numbers: numbersInput,
  words: wordsInput,
  number: numberInput,
  switch: switchInput,
  select: selectInput,
  quantiles: quantilesInput,
  json: jsonInput,
  date: (spec, id) => plainInput(h("input", { type: "date", id, name: id })),
  text: (spec, id) => plainInput(h("input", { type: "text", id, name: id, maxlength: spec.schema.maxLength })),
  textarea: (spec, id) => plainInput(h("textarea", { id, name: id, rows: spec.path.length > 1 ? 2 : 5, dir: "auto" })),
};

function plainInput(target) {
  return {
    element: target,
    target,
    read: () => (target.value === "" ? undefined : target.value),
    write: (value) => { target.value = value ?? ""; },
  };
}

function numberInput({ schema, unit, optional, plain }, id, context) {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const step = schema.multipleOf ?? ([schema.type].flat().includes("integer") ? 1 : "any");
  const fallback = schema.default ?? null;
  // A slider always has a value; a field that may stay empty is a slider only where its empty value is known.
  const settled = fallback !== null || !optional || id.endsWith("-horizon");
  const slides = settled && !plain && Number.isFinite(low) && Number.isFinite(high) && high > low;
  const target = h("input", { type: slides ? "range" : "number", id, name: id, min: low, max: high, step: slides && step === "any" ? (high - low) / 100 : step });
  const noun = unit ?? (id.endsWith("-horizon") ? context.noun : null);
  const shown = h("output", { for: id, class: "readout" });
  const tell = () => { shown.textContent = noun ? plural(Number(target.value), noun) : number(Number(target.value), step === 1 ? 0 : undefined); };
  const write = (value) => {
    target.value = value ?? fallback ?? (slides ? high : "");
    tell();
  };
  target.addEventListener("input", tell);
  write(null);
  const element = slides ? h("div", { class: "slider" }, target, shown) : h("div", { class: "with-unit" }, target, noun ? h("span", { class: "unit" }, noun) : null);
  return { element, target, write, read: () => (target.value === "" ? undefined : Number(target.value)) };
}

function numbersInput(spec, id) {
  const target = h("textarea", { id, name: id, rows: 2, spellcheck: "false", placeholder: "numbers, one a step" });
  const count = h("p", { class: "count", "aria-live": "polite" });
  const tell = () => {
    let values = [];
    try { values = parseNumbers(target.value); } catch { /* said when the form is sent */ }
    count.textContent = values.length ? plural(values.length, "value") : "";
  };
  target.addEventListener("input", tell);
  const write = (value) => {
    target.value = (value ?? []).map((one) => one ?? "–").join(" ");
    tell();
  };
  const read = () => {
    if (target.value.trim() === "") return undefined;
    try { return parseNumbers(target.value); } catch (error) { throw new Unreadable(error.message); }
  };
  return { element: h("div", {}, target, count), target, read, write };
}

function wordsInput({ schema }, id) {
  const target = h("input", { type: "text", id, name: id, spellcheck: "false", placeholder: "words, with commas between them" });
  const write = (value) => { target.value = (value ?? schema.default ?? []).join(", "); };
  write(null);
  // An emptied field means an empty list where leaving it out would mean the default.
  const fallback = schema.default?.length ? [] : undefined;
  return {
    element: target, target, write,
    read: () => (target.value.trim() === "" ? fallback : target.value.split(",").map((word) => word.trim()).filter(Boolean)),
  };
}

function switchInput({ schema }, id) {
  const target = h("input", { type: "checkbox", id, name: id });
  const write = (value) => { target.checked = value ?? schema.default ?? false; };
  write(null);
  return { element: target, target, write, read: () => target.checked };
}

function selectInput({ schema, optional }, id) {
  const options = [];
  const target = h("select", { id, name: id }, optional && schema.default === undefined ? h("option", { value: "" }, "not given") : null);
  const offer = (value) => target.append(h("option", { value: options.push(value) - 1 }, String(value)));
  (schema["x-ui"]?.options ?? schema.enum).filter((value) => value !== null).forEach(offer);
  const write = (value) => {
    // Another spelling of an option has no place in the list until an example asks for it.
    if (!options.includes(value) && schema.enum.includes(value) && value !== null) offer(value);
    const at = options.indexOf(value ?? schema.default);
    target.value = at < 0 ? target.options[0].value : String(at);
  };
  write(null);
  return { element: target, target, write, read: () => (target.value === "" ? undefined : options[Number(target.value)]) };
}

function quantilesInput({ schema, items }, id) {
  const low = items.minimum ?? 0;
  const high = items.maximum ?? 1;
  const choices = [
    ["80 %", [0.1, 0.5, 0.9]],
    ["50 % and 80 %", [0.1, 0.25, 0.5, 0.75, 0.9]],
    ["50 %, 80 % and 95 %", [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]],
    ["Median only", [0.5]],
  ].filter(([, levels]) => levels.every((level) => level >= low && level <= high));
  const target = h("select", { id, name: id });
  const keyOf = (levels) => levels.join(", ");
  const add = (name, levels) => target.append(h("option", { value: keyOf(levels) }, name));
  for (const [name, levels] of choices) add(name, levels);
  const write = (value) => {
    const levels = value ?? schema.default ?? choices[0]?.[1] ?? [0.5];
    if (![...target.options].some((option) => option.value === keyOf(levels))) add(`Quantiles ${keyOf(levels)}`, levels);
    target.value = keyOf(levels);
  };
  write(null);
  return {
    element: target, target, write, title: "Intervals",
    help: "Ranges around the median: 80 % means that four of five values should fall inside. Sent as `quantiles`.",
    read: () => target.value.split(", ").map(Number),
  };
}

export function jsonInput({ prefill }, id) {
  const target = h("textarea", { id, name: id, rows: 6, class: "code", spellcheck: "false", placeholder: "JSON" });
  const write = (value) => {
    const given = value === undefined || value === null ? prefill : value;
    target.value = given === undefined ? "" : JSON.stringify(given);
  };
  write(null);
  const read = () => {
    if (target.value.trim() === "") return undefined;
    try { return JSON.parse(target.value); } catch (error) { throw new Unreadable(`this is not JSON: ${error.message}`); }
  };
  return { element: target, target, read, write };
}
