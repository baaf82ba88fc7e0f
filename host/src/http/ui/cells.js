// One cell of a table: a number, a gap or a date, in the ways that people write them. Pure.
// Knows text; knows nothing of columns or of the page.

import { dayOf } from "./format.js";

const GAP = /^(|-|–|na|n\/a|nan|null|none|missing)$/i;
const DATE = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ].*)?$|^\d{1,2}[./]\d{1,2}[./]\d{4}([T ].*)?$/;
const DECIMAL_COMMA = /^-?\d+,(\d{1,2}|\d{4,})$|^-?\d{1,3}(\.\d{3})+,\d+$|^-?0,\d+$/;

export class Unreadable extends Error {}

export const isGap = (text) => GAP.test(text.trim());
export const isDate = (text) => DATE.test(text.trim());
export const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(plain(text.trim())));

/** One cell as a number; null for a gap. Throws an Error that names what is no number. */
export function readNumber(cell, hasDecimalComma = false) {
  const text = cell.trim();
  if (isGap(text)) return null;
  const value = Number(plain(text, hasDecimalComma));
  if (!Number.isFinite(value)) throw new Unreadable(`\`${text.slice(0, 30)}\` is not a number`);
  return value;
}

/** Whether the commas in a column stand before decimals, as `12,5` shows, or between thousands. */
export const hasDecimalCommas = (cells) => cells.some((cell) => DECIMAL_COMMA.test(cell.trim()));

function plain(text, hasDecimalComma = DECIMAL_COMMA.test(text)) {
  if (hasDecimalComma && /^-?[\d.]+,\d+$/.test(text)) return text.replaceAll(".", "").replace(",", ".");
  if (hasDecimalComma && /^-?\d{1,3}(\.\d{3})+$/.test(text)) return text.replaceAll(".", "");
  if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return text.replaceAll(",", "");
  return text.replace(/^(-?\d+),(\d+)$/, "$1.$2");
}

/** Which comes first in dates like `3/4/2017`: "day", "month", or "either" where nothing tells; null for other dates. */
export function dateOrder(cells) {
  const parts = cells.filter((cell) => /^\d{1,2}\//.test(cell.trim())).map(partsOf);
  if (parts.length === 0) return null;
  if (parts.some(([, second]) => second > 12)) return "month";
  return parts.some(([first]) => first > 12) ? "day" : "either";
}

/** The day number of a date; `order` is what dateOrder found or a visitor chose. */
export function readDate(cell, order) {
  const [a, b, c] = partsOf(cell);
  const isSlashed = /^\d{1,2}\//.test(cell.trim());
  const day = a > 31 ? dayOf(a, b, c) : isSlashed && order === "month" ? dayOf(c, a, b) : dayOf(c, b, a);
  if (day === null) throw new Unreadable(`\`${cell}\` is not a date`);
  return day;
}

const partsOf = (cell) => cell.trim().split(/[T ]/)[0].split(/[-./]/).map(Number);
