// Turns the request's JSON Schema into a flat list of field descriptions. Pure.
// Knows the words of JSON Schema and the hint `x-ui`; knows nothing of elements.

import { columnsOf } from "./columns.js";
import { humanise } from "./format.js";
import { inputsKind, similarityFields } from "./tasks.js";
import { pointerTo, resolve, typeOf } from "./types.js";

// A JSON object has no order that survives every parser, so the known names get theirs here.
const ORDER = ["series", "start", "frequency", "item", "past", "future", "horizon", "quantiles"];
const MAX_PREFILL = 4096;

/** Every field of the form: {path, pointer, kind, title, help, unit, optional, folded, schema}. */
export function describe(model) {
  const root = model.request_schema ?? { properties: { inputs: {} }, required: ["inputs"] };
  const forecasting = model.task === "time-series-forecasting";
  const fields = [];
  const visit = (schema, path, optional, group) => {
    const found = resolve(schema, root);
    const ui = found["x-ui"] ?? {};
    const whole = path.length === 1 && path[0] === "inputs" ? inputsKind(model, found) : null;
    if (whole === "similarity") {
      for (const [name, field] of Object.entries(similarityFields(found))) visit(field, [...path, name], false, null);
      return;
    }
    const nested = !whole && typeOf(found) === "object" && found.properties && !isTensor(found);
    if (nested) {
      for (const name of ordered(found.properties)) {
        const required = (found.required ?? []).includes(name);
        const folded = path.length > 1 ? path.at(-1) : group;
        visit(found.properties[name], [...path, name], !required, ui.group ?? folded);
      }
      return;
    }
    const kind = whole ?? kindOf(found, path, root, forecasting);
    if (kind === "fixed") return;
    const beside = forecasting && ["past", "future"].includes(path.at(-1)) ? path.at(-1) : null;
    fields.push({
      path, kind, optional, group: ui.group ?? group ?? beside, advanced: ui.advanced === true,
      pointer: pointerTo(path),
      title: found.title ?? humanise(path.at(-1)),
      help: ui.help ?? found.description ?? null,
      unit: ui.unit ?? null,
      schema: found,
      items: resolve(found.items, root),
      columns: kind === "table" ? columnsOf(found, root) : null,
      prefill: kind === "json" ? prefill(found, path, model.signature) : undefined,
    });
  };
  const properties = root.properties ?? {};
  for (const name of ["inputs", "parameters"]) {
    if (properties[name]) visit(properties[name], [name], !(root.required ?? []).includes(name), null);
  }
  return fields;
}

function kindOf(schema, path, root, forecasting) {
  const name = path.at(-1);
  const widget = schema["x-ui"]?.widget;
  const type = typeOf(schema);
  if ("const" in schema || schema.enum?.length === 1 || widget === "hidden") return "fixed";
  if (widget === "sentences" || (widget === "texts" && type === "array")) return "sentences";
  // Rows beside a series are drawn in its editor; they have no editor of their own.
  const isBeside = forecasting && ["past", "future"].includes(path.at(-2));
  if ((widget === "series" && !isBeside) || (forecasting && type === "array" && name === "series")) return "series";
  if (schema.enum) return "select";
  if (type === "array" && ["number", "integer"].includes(typeOf(resolve(schema.items, root)))) {
    return forecasting && name === "quantiles" ? "quantiles" : "numbers";
  }
  if (type === "array" && typeOf(resolve(schema.items, root)) === "string") return "words";
  if (type === "number" || type === "integer") return "number";
  if (type === "boolean") return "switch";
  if (type === "string") {
    if (schema.format === "date" || (forecasting && name === "start")) return "date";
    return widget === "textarea" || path.length === 1 ? "textarea" : "text";
  }
  return "json";
}

/** The frequency that a forecasting model answers in, where its schema says so. */
export function frequencyOf(model) {
  const root = model.request_schema ?? {};
  const field = resolve(resolve(root.properties?.inputs, root).properties?.frequency, root);
  return field.const ?? field.default ?? field.enum?.[0] ?? field.examples?.[0] ?? null;
}

/** The word for what is counted, `units` say, when the operator gave one. */
export const unitOf = (model) => seriesHints(model).unit ?? null;

/** Whether values of several steps make a total, as sales do; prices do not, of which the operator says `sums: false`. */
export const addsUp = (model) => seriesHints(model).sums ?? true;

function seriesHints(model) {
  const root = model.request_schema ?? {};
  return resolve(resolve(root.properties?.inputs, root).properties?.series, root)["x-ui"] ?? {};
}

const isTensor = (schema) => Boolean(schema.properties?.shape && schema.properties?.data);

/** Zeros in the shape of the model's own input, so that a first call works. */
function prefill(schema, path, signature) {
  const given = schema.default ?? schema.examples?.[0];
  if (given !== undefined) return given;
  const inputs = signature?.inputs ?? [];
  if (path.length === 1) {
    const all = inputs.map((input) => [input.name, prefill({}, [...path, input.name], signature)]);
    return all.length > 0 && all.every(([, value]) => value !== undefined) ? Object.fromEntries(all) : undefined;
  }
  const input = inputs.find((candidate) => candidate.name === path.at(-1));
  if (!input) return undefined;
  const shape = input.shape.map((size) => (typeof size === "number" && size > 0 ? size : 1));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MAX_PREFILL) return undefined;
  if (isTensor(schema)) return { ...("dtype" in schema.properties ? { dtype: input.dtype } : {}), shape, data: Array(count).fill(0) };
  const zeros = ([size, ...rest]) => (size === undefined ? 0 : Array.from({ length: size }, () => zeros(rest)));
  return zeros(shape);
}

function ordered(properties) {
  const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.indexOf("item") + 0.5);
  const hint = (name) => properties[name]?.["x-ui"]?.order ?? Infinity;
  return Object.keys(properties).sort((a, b) => rank(a) - rank(b) || compare(hint(a), hint(b)));
}

const compare = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
