// What changed between two requests, in words: "horizon 7 → 3", "series: 2 values changed". Pure.
// Knows fields and their kinds; knows nothing of answers.

import { canonical } from "./body.js";
import { rowsOf } from "./columns.js";
import { excerpt, number, plural } from "./format.js";
import { describe } from "./schema.js";

const SHORT = 28;
const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** One short phrase for each field that differs, in the order of the form. */
export function differences(status, before, after) {
  const [then, now] = [before, after].map((request) => {
    const { inputs, parameters } = canonical(request);
    return { inputs, parameters };
  });
  return describe(status).flatMap((spec) => {
    const [a, b] = [then, now].map((request) => at(request, spec.path) ?? spec.schema.default);
    return same(a, b) ? [] : phrase(spec, a, b);
  });
}

/** Fields inside `inputs` are those of one item, also where a list holds it. */
function at(request, [first, ...rest]) {
  const root = rest.length && Array.isArray(request[first]) ? request[first][0] : request[first];
  return rest.reduce((node, key) => node?.[key], root);
}

function phrase(spec, a, b) {
  const name = spec.title.charAt(0).toLowerCase() + spec.title.slice(1);
  const words = PHRASES[spec.kind];
  if (words) return words(name, a, b, spec);
  if (a === undefined || b === undefined) return `${name} ${b === undefined ? "left out" : `${brief(b)} given`}`;
  return `${name} ${brief(a)} → ${brief(b)}`;
}

const PHRASES = {
  series: values, numbers: values,
  quantiles: (name) => `${name} changed`,
  json: (name) => `${name} changed`,
  texts, textarea: texts, text: texts, sentences: texts,
  image: (name, a, b) => (a?.name && b?.name && a.name !== b.name ? `${name} ${a.name} → ${b.name}` : `another ${name}`),
  table: rows,
};

function values(name, a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return b === undefined ? `${name} left out` : `${name} given`;
  if (a.length !== b.length) return `${name} ${number(a.length, 0)} → ${plural(b.length, "value")}`;
  const changed = b.map((_, index) => index).filter((index) => a[index] !== b[index]);
  if (changed.length === 1) return `${name}: one value ${brief(a[changed[0]])} → ${brief(b[changed[0]])}`;
  if (changed.length > b.length / 2) return "another series";
  return `${name}: ${plural(changed.length, "value")} changed`;
}

function texts(name, a, b) {
  if (Array.isArray(a) || Array.isArray(b)) {
    const [old, young] = [a, b].map((one) => [one ?? []].flat());
    if (old.length !== young.length) return `${number(old.length, 0)} → ${plural(young.length, "text")}`;
    return `${number(young.filter((text, index) => !same(text, old[index])).length, 0)} of ${plural(young.length, "text")} changed`;
  }
  if (isPair(a) && isPair(b)) return ["text", "text_pair"].filter((key) => !same(a[key], b[key])).map((key, index) => wordChange(index || key === "text_pair" ? "second text" : "text", a[key], b[key]));
  return wordChange(name, a?.text ?? a, b?.text ?? b);
}

const isPair = (one) => typeof one === "object" && one !== null;

/** The words that differ, where they are few; nothing is gained by naming half a text. */
function wordChange(name, a, b) {
  if (typeof a !== "string" || typeof b !== "string") return `${name} ${b === undefined ? "left out" : "changed"}`;
  const [old, young] = [a, b].map((text) => text.trim().split(/\s+/));
  let first = 0;
  while (first < Math.min(old.length, young.length) && old[first] === young[first]) first += 1;
  let last = 0;
  while (last < Math.min(old.length, young.length) - first && old.at(-1 - last) === young.at(-1 - last)) last += 1;
  if (first === 0 && last === 0 && old.length + young.length > 4) return `another ${name}`;
  const [gone, come] = [old, young].map((list) => list.slice(first, list.length - last).join(" "));
  if (gone.length > SHORT || come.length > SHORT) return `${name} changed`;
  if (!gone) return `“${come}” added`;
  return come ? `“${gone}” → “${come}”` : `“${gone}” removed`;
}

function rows(name, a, b, { columns }) {
  const [old, young] = [a, b].map((one) => rowsOf(one) ?? []);
  if (old.length !== young.length) return `${number(old.length, 0)} → ${plural(young.length, "row")}`;
  const cells = young.flatMap((row, index) => columns.filter((column) => !same(row[column.name], old[index][column.name])).map((column) => [column, old[index][column.name], row[column.name]]));
  if (young.length > 1) return `${plural(cells.length, "cell")} changed`;
  return cells.map(([{ title }, from, to]) => `${title} ${brief(from)} → ${brief(to)}`);
}

function brief(value) {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 6 }).replace("-", "−");
  return typeof value === "string" ? excerpt(value, SHORT) || "nothing" : `${[value].flat().length} given`;
}
