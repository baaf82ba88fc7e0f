// Results as files: what was given beside what came back, as CSV or as JSON lines, in parts so that no text grows too long.
// Knows a lot and its columns; saves nothing itself.

import { columnsFor } from "./batch-outputs.js";

const PER_PART = 2000;

/** CSV of all items in their order, and why where one has no result. Texts that a spreadsheet would run as formulas are guarded. */
export function asCsv(lot) {
  const { items, outputs, errors } = lot;
  const { names, linesOf } = columnsFor(lot.status, outputs);
  const given = items.header;
  const own = [...names, "error"].map((name) => (given.includes(name) ? `predicted_${name}` : name));
  return inParts([line([...given, ...own])], items.count, (at) => {
    const cells = given.map((_, column) => items.cellsOf(at)[column]);
    if (!(at in outputs)) return line([...cells, ...names.map(() => ""), errors.get(at) ?? "not asked"]);
    return linesOf(outputs[at]).map((values) => line([...cells, ...values, ""])).join("");
  });
}

/** One JSON object an item: `input`, and `output` as it came or `error`. */
export function asJsonLines({ items, outputs, errors }) {
  return inParts([], items.count, (at) => {
    const cells = items.cellsOf(at);
    const input = Object.fromEntries(items.header.map((name, column) => [name, cells[column] ?? null]));
    return `${JSON.stringify(at in outputs ? { input, output: outputs[at] } : { input, error: errors.get(at) ?? "not asked" })}\n`;
  });
}

async function inParts(parts, count, lineOf) {
  for (let from = 0; from < count; from += PER_PART) {
    let part = "";
    for (let at = from; at < Math.min(count, from + PER_PART); at += 1) part += lineOf(at);
    parts.push(part);
    await new Promise((resolve) => { setTimeout(resolve); });
  }
  return parts;
}

const line = (cells) => `${cells.map(cell).join(",")}\r\n`;

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
