// Reads a series from pasted text: spreadsheet columns, CSV, or plain numbers, with or without dates.
// Pure: text in, values out, or a problem in words. Knows nothing of the page.

import { dayOf, isoDate } from "./format.js";

const GAP = /^(|-|–|na|n\/a|nan|null|none|missing)$/i;
const TARGETS = /^(series|value|values|target|units|quantity|qty|demand|sales|y)$/i;
const MAX_SPAN = 20_000;

class Unreadable extends Error {}

/** {values, start, step, columns, column, problem}: step is 1 or 7 days when dates were given. */
export function parseSeries(text) {
  const nothing = { values: [], start: null, step: null, columns: {}, column: null, problem: null };
  try {
    return { ...nothing, ...read(text) };
  } catch (error) {
    if (error instanceof Unreadable) return { ...nothing, problem: error.message };
    throw error;
  }
}

/** A list of numbers; gaps are null. Throws an Error that names what is no number. */
export function parseNumbers(text) {
  const cells = String(text).replace(/[[\]]/g, " ").trim().split(/\s*[,;]\s*|\s+/);
  return cells.filter((cell, index) => cell !== "" || (index > 0 && index < cells.length - 1)).map(readNumber);
}

function read(text) {
  const lines = text.replace(/[[\]]/g, " ").split(/\r?\n/).map((line) => line.trimEnd()).filter((line) => line.trim() !== "");
  if (lines.length === 0) return {};
  const rows = split(lines);
  const header = rows.length > 1 && rows[0].every((cell) => !isValue(cell) && !looksLikeDate(cell)) ? rows.shift() : null;
  const width = Math.max(...rows.map((row) => row.length));
  const dated = [...Array(width).keys()].find((at) => rows.every((row) => looksLikeDate(row[at] ?? "")));
  if (dated === undefined && !header) {
    return { values: rows.flatMap((row) => (row.at(-1) === "" ? row.slice(0, -1) : row)).map(readNumber) };
  }
  return table(rows, header, width, dated);
}

function table(rows, header, width, dated) {
  const others = [...Array(width).keys()].filter((at) => at !== dated && rows.some((row) => isNumber(row[at] ?? "")));
  if (others.length === 0) throw new Unreadable("no column with numbers was found");
  const chosen = others.find((at) => TARGETS.test(header?.[at] ?? "")) ?? others[0];
  const order = dated === undefined ? rows.map((_, at) => at) : regular(readDates(rows.map((row) => row[dated])));
  const column = (at) => order.days
    ? order.rows.map((row) => (row === null ? null : readNumber(rows[row][at] ?? "")))
    : rows.map((row) => readNumber(row[at] ?? ""));
  const columns = {};
  for (const at of others) if (at !== chosen && header?.[at]) columns[header[at]] = column(at);
  return {
    values: column(chosen),
    start: order.days ? isoDate(order.days) : null,
    step: order.step ?? null,
    columns,
    column: header?.[chosen] ?? null,
  };
}

/** Rows in the order of their dates, with null where a date is missing. */
function regular(days) {
  const order = days.map((day, row) => [day, row]).sort((a, b) => a[0] - b[0]);
  const gaps = order.slice(1).map(([day], at) => day - order[at][0]);
  const twice = gaps.indexOf(0);
  if (twice >= 0) throw new Unreadable(`two rows have the date ${isoDate(order[twice][0])}`);
  const step = gaps.length > 0 && gaps.every((gap) => gap % 7 === 0) ? 7 : 1;
  const first = order[0][0];
  const length = (order.at(-1)[0] - first) / step + 1;
  if (length > MAX_SPAN) throw new Unreadable(`the dates span ${length} steps; paste a shorter series`);
  const rows = Array(length).fill(null);
  for (const [day, row] of order) rows[(day - first) / step] = row;
  return { days: first, step, rows };
}

function split(lines) {
  if (lines.some((line) => line.includes("\t"))) return lines.map((line) => line.split("\t").map((cell) => cell.trim()));
  if (lines.some((line) => line.includes(";"))) return lines.map((line) => line.split(";").map((cell) => cell.trim()));
  // One number a line with a comma inside, `1,240` or `12,5`, is one cell and no list.
  const single = lines.length > 1 && lines.every((line) => /^\s*-?\d+(,\d+)?\s*$/.test(line));
  if (!single && lines.some((line) => line.includes(","))) return lines.map((line) => line.split(",").map((cell) => cell.trim()));
  return lines.map((line) => line.trim().split(/\s+/));
}

/** One cell as a number; null for a gap. Throws an Error that names what is no number. */
export function readNumber(cell) {
  const text = cell.trim();
  if (GAP.test(text)) return null;
  if (!isNumber(text)) throw new Unreadable(`\`${text.slice(0, 30)}\` is not a number`);
  return Number(plain(text));
}

const plain = (text) => (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text.replace(/^(-?\d+),(\d+)$/, "$1.$2"));
const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(plain(text.trim())));
const isValue = (text) => GAP.test(text.trim()) || isNumber(text);
const looksLikeDate = (text) => /^\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ].*)?$|^\d{1,2}[./]\d{1,2}[./]\d{4}$/.test(text.trim());

function readDates(cells) {
  const parts = cells.map((cell) => cell.trim().split(/[T ]/)[0].split(/[-./]/).map(Number));
  const slashed = cells.some((cell) => /^\d{1,2}\//.test(cell.trim()));
  const monthFirst = slashed && parts.some((part) => part[1] > 12);
  if (slashed && !monthFirst && !parts.some((part) => part[0] > 12)) {
    throw new Unreadable(`dates like \`${cells[0]}\` can be read two ways; write them as 2017-10-25`);
  }
  return parts.map(([a, b, c], row) => {
    const day = a > 31 ? dayOf(a, b, c) : monthFirst ? dayOf(c, a, b) : dayOf(c, b, a);
    if (day === null) throw new Unreadable(`\`${cells[row]}\` is not a date`);
    return day;
  });
}
