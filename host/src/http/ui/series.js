// Reads a series from text: spreadsheet columns, CSV, or plain numbers, with or without dates.
// Pure: text in, values out, or a problem in words. Knows nothing of the page.

import { hasDecimalCommas, readNumber, Unreadable } from "./cells.js";
import { readTable, survey } from "./intake.js";
import { sheetOf } from "./sheet.js";

/**
 * {values, start, step, columns, ahead, column, table, problem}: step is 1 or 7 days when dates were given;
 * `table` is what was chosen from, when the text had columns. What `choice` and `wanted` are, intake.js says.
 */
export function parseSeries(text, choice = {}, wanted = []) {
  const nothing = { values: [], start: null, step: null, columns: {}, ahead: {}, column: null, table: null, problem: null };
  try {
    const rows = sheetOf(text.replace(/[[\]]/g, " "));
    if (rows.length === 0) return nothing;
    nothing.table = survey(rows, choice, wanted);
    return { ...nothing, ...(nothing.table ? readTable(nothing.table) : { values: plainValues(rows) }) };
  } catch (error) {
    if (error instanceof Unreadable) return { ...nothing, problem: error.message };
    throw error;
  }
}

/** A list of numbers; gaps are null. Throws an Error that names what is no number. */
export function parseNumbers(text) {
  const cells = String(text).replace(/[[\]]/g, " ").trim().split(/\s*[,;]\s*|\s+/);
  return cells.filter((cell, index) => cell !== "" || (index > 0 && index < cells.length - 1)).map((cell) => readNumber(cell));
}

/** Numbers line by line; a separator at the end of a line begins no other cell. */
function plainValues(rows) {
  const cells = rows.flatMap((row) => (row.cells.at(-1) === "" ? row.cells.slice(0, -1) : row.cells));
  const hasComma = hasDecimalCommas(cells);
  return cells.map((cell) => readNumber(cell, hasComma));
}
