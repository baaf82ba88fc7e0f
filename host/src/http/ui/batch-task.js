// What a file must hold for a model: the roles that its columns play, and how many inputs go in one request. Pure.
// Knows the request's schema; knows nothing of files' contents or of elements.

import { columnsOf } from "./columns.js";
import { describe } from "./schema.js";
import { resolve, typesOf } from "./types.js";

// A body in base64 is a third longer than its bytes, and holds the parameters too.
const SHARE_OF_BODY = 0.74;
const TEXT = /text|review|sentence|comment|content|body|message|tweet|post|title|description|question|query|prompt/i;

/** {kind, roles, most}: `roles` are {key, title, optional, fits}; `most` inputs go in one request, 1 where there are no lists. */
export function batchTask(status) {
  const fields = describe(status);
  const root = status.request_schema ?? {};
  const most = longestList(root.properties?.inputs, root);
  const whole = fields.find(({ path }) => path.length === 1 && path[0] === "inputs");
  if (whole?.kind === "texts") {
    const types = typesOf(whole.schema);
    const lone = types.length === 0 || types.includes("string");
    return { kind: "texts", most, roles: [role("text", "Text", false, TEXT), role("text_pair", "Second text", lone, /second|pair|answer|passage|document|hypothesis|^b$|2$/i, !lone)] };
  }
  if (whole?.kind === "image") {
    return { kind: "pictures", most: 1, roles: [], bounds: { bytes: Math.floor((status.limits?.body_bytes ?? 2 ** 21) * SHARE_OF_BODY), pixels: whole.schema["x-ui"]?.max_pixels ?? Infinity } };
  }
  if (whole?.kind === "table") {
    return { kind: "table", most, columns: whole.columns, roles: whole.columns.map(({ name, title, optional }) => ({ ...role(name, title, optional, null), names: [name, title] })) };
  }
  if (fields.some(({ kind, path }) => kind === "series" && path.at(-1) === "series")) {
    const covariates = [...new Set(fields.filter(({ path }) => ["past", "future"].includes(path.at(-2))).map(({ path }) => path.at(-1)))];
    return { kind: "series", most, covariates, roles: [
      role("item", "Name of the series", true, /item|id|name|store|product|sku|series|category|group/i),
      role("date", "Date", true, /date|day|week|time|ds$/i),
      role("value", "Value", false, /^(value|values|target|units|quantity|qty|demand|sales|y|series)$/i),
      ...covariates.map((name) => ({ ...role(name, `Covariate ${name}`, true, null), names: [name] })),
    ] };
  }
  if (fields.some(({ path }) => path.at(-1) === "source_sentence")) {
    return { kind: "similarity", most: 1, roles: [role("source_sentence", "Source sentence", false, /source|query|first|^a$|1$/i), role("sentences", "Sentence to compare", false, /sentence|second|other|candidate|^b$|2$/i)] };
  }
  return { kind: "inputs", most: 1, roles: [] };
}

/** `fits` tells a column by its name; `eager` takes any column that is left. */
const role = (key, title, optional, fits, eager = !optional) => ({ key, title, optional, fits, eager });

function longestList(schema, root) {
  const own = schema ?? {};
  const options = [own, ...(own.oneOf ?? []), ...(own.anyOf ?? [])].map((one) => (one === own ? { ...own, oneOf: undefined, anyOf: undefined } : resolve(one, root)));
  const lists = options.map((one) => (one.$ref ? resolve(one, root) : one)).filter((one) => typesOf(one).includes("array"));
  return lists.length ? Math.min(...lists.map(({ maxItems }) => maxItems ?? Infinity), 256) : 1;
}

/** Which column plays which role, by their names and then by what is left; {key: index or null}. */
export function guessRoles({ roles }, header, rows) {
  const plain = (name) => String(name).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  const taken = new Set();
  const chosen = Object.fromEntries(roles.map(({ key }) => [key, null]));
  const take = (key, at) => {
    chosen[key] = at;
    taken.add(at);
  };
  const free = () => header.map((_, at) => at).filter((at) => !taken.has(at));
  for (const { key, names, fits } of roles) {
    const at = free().find((one) => (names ? names.some((name) => plain(name) === plain(header[one])) : plain(header[one]) === plain(key)))
      ?? (fits ? free().find((one) => fits.test(header[one])) : undefined);
    if (at !== undefined) take(key, at);
  }
  const length = (at) => rows.slice(0, 50).reduce((sum, row) => sum + String(row[at] ?? "").length, 0);
  const isNumeric = (at) => rows.slice(0, 50).every((row) => row[at] === "" || Number.isFinite(Number(row[at])));
  for (const { key, eager, names } of roles) {
    if (chosen[key] !== null || !eager || names) continue;
    const at = key === "value" ? free().find(isNumeric) : free().sort((a, b) => length(b) - length(a))[0];
    if (at !== undefined) take(key, at);
  }
  return chosen;
}

/** Whether the first row of a file names the columns. */
export function isHeader({ roles }, row) {
  const cells = row.map((cell) => String(cell).trim());
  if (cells.some((cell) => cell === "" || cell.length > 64 || Number.isFinite(Number(cell)) || /^\d{4}-\d\d-\d\d/.test(cell)) || new Set(cells).size < cells.length) return false;
  if (cells.length > 1 || roles.some(({ fits, names }) => fits?.test(cells[0]) && cells[0].split(/\s+/).length < 3 || names?.includes(cells[0]))) return true;
  return cells[0].split(/\s+/).length === 1 && /^[\p{L}_]/u.test(cells[0]);
}
