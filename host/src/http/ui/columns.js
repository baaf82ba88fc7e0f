// The columns of a table: what the schema says of each, and rows in every shape that a request may have. Pure.
// Knows the request's shapes; knows nothing of elements.

import { humanise } from "./format.js";
import { readNumber } from "./cells.js";
import { pointerTo, resolve, typeOf, typesOf } from "./types.js";

/** One field description for each column, in the order that the schema gives them. */
export function columnsOf(schema, root) {
  const required = schema.required ?? [];
  const place = (name, column) => column["x-ui"]?.order ?? (required.includes(name) ? 1e6 + required.indexOf(name) : 2e6);
  return Object.entries(schema.properties ?? {})
    .map(([name, given]) => ({ name, column: resolve(given, root) }))
    .sort((a, b) => place(a.name, a.column) - place(b.name, b.column))
    .map(({ name, column }) => {
      const cell = cellOf(column, root);
      return {
        name, kind: kindOf(cell), optional: !required.includes(name), plain: true,
        path: ["inputs", name], pointer: pointerTo(["inputs", name]),
        title: column.title ?? cell.title ?? humanise(name),
        help: column["x-ui"]?.help ?? column.description ?? cell.description ?? null,
        unit: column["x-ui"]?.unit ?? cell["x-ui"]?.unit ?? null,
        schema: cell,
      };
    });
}

/** A column may be described as a list of values, as one value, or as either. */
function cellOf(column, root) {
  const items = resolve(column.items, root);
  const types = typesOf(column).filter((type) => type !== "array");
  return { ...column, ...(types.length ? { type: types } : { type: undefined }), ...items };
}

function kindOf(cell) {
  if (cell.enum) return "select";
  const type = typeOf({ type: cell.type });
  if (type === "number" || type === "integer") return "number";
  return type === "boolean" ? "switch" : "text";
}

/** The rows in `inputs`, one object each; null where it is no table. */
export function rowsOf(inputs) {
  if (inputs === undefined || inputs === null) return [];
  if (typeof inputs !== "object") return null;
  if (Array.isArray(inputs)) return inputs.every((row) => row !== null && typeof row === "object" && !Array.isArray(row)) ? inputs : null;
  const inner = typeof inputs.data === "object" && Object.keys(inputs).length === 1 ? rowsOf(inputs.data) : null;
  if (inner) return inner;
  const lists = Object.entries(inputs).map(([name, values]) => [name, [values].flat()]);
  const length = Math.max(0, ...lists.map(([, values]) => values.length));
  return Array.from({ length }, (_, at) => Object.fromEntries(lists.filter(([, values]) => at < values.length).map(([name, values]) => [name, values[at]])));
}

/** One list of values a column, as Hugging Face's clients send a table; columns without a value are left out. */
export function tableOf(rows, columns) {
  const given = columns.filter(({ name }) => rows.some((row) => row[name] !== undefined));
  return Object.fromEntries(given.map(({ name }) => [name, rows.map((row) => row[name] ?? null)]));
}

/** What was typed in a cell, as the column's value; undefined where nothing was. */
export function cellValue(column, text) {
  const cell = text.trim();
  if (cell === "") return undefined;
  if (column.kind === "number") return readNumber(cell) ?? undefined;
  if (column.kind === "switch") {
    if (/^(true|yes|y|1)$/i.test(cell)) return true;
    if (/^(false|no|n|0)$/i.test(cell)) return false;
    throw new Error(`\`${cell.slice(0, 30)}\` is neither \`true\` nor \`false\``);
  }
  if (column.kind !== "select") return cell;
  const found = column.schema.enum.find((value) => String(value).toLowerCase() === cell.toLowerCase());
  if (found === undefined) throw new Error(`\`${cell.slice(0, 30)}\` is not one of ${column.schema.enum.map((value) => `\`${value}\``).join(", ")}`);
  return found;
}

/** Pasted cells, row by row: from a spreadsheet, or with commas or semicolons between them. */
export function cellsOf(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  const mark = ["\t", ";", ","].find((one) => lines.some((line) => line.includes(one))) ?? "\t";
  return lines.filter((line) => line.trim() !== "").map((line) => split(line, mark));
}

function split(line, mark) {
  const cells = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const one = line[at];
    if (one === '"' && quoted && line[at + 1] === '"') {
      cell += one;
      at += 1;
    } else if (one === '"' && (quoted || cell.trim() === "")) quoted = !quoted;
    else if (one === mark && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += one;
  }
  return [...cells, cell.trim()];
}
