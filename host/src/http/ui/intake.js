// A table as a series: which column is the date and which the value, and the days in between that are missing. Pure.
// Knows columns and dates; knows nothing of the page.

import { dateOrder, hasDecimalCommas, isDate, isGap, isNumber, readDate, readNumber, Unreadable } from "./cells.js";
import { isoDate } from "./format.js";

const TARGETS = /^(series|value|values|target|units|quantity|qty|demand|sales|y)$/i;
const MOST_STEPS = 20_000;
const MOSTLY = 0.8;

/**
 * What there is to choose from and what is chosen: {names, dates, numbers, date, value, order, orders, beside, asks}.
 * `choice` is what a visitor chose, `wanted` names the rows beside the series; null for numbers without columns.
 */
export function survey(rows, choice, wanted) {
  const body = [...rows];
  const isHead = ({ cells }) => cells.every((cell) => !isNumber(cell) && !isDate(cell)) && cells.some((cell) => !isGap(cell));
  const header = body.length > 1 && isHead(body[0]) ? body.shift().cells : null;
  const width = Math.max(...body.map(({ cells }) => cells.length));
  const columns = Array.from({ length: width }, (_, at) => body.map(({ cells }) => cells[at] ?? ""));
  const mostly = (cells, test) => {
    const filled = cells.filter((cell) => !isGap(cell));
    return filled.length > 0 && filled.filter(test).length >= MOSTLY * filled.length;
  };
  const those = (test) => columns.flatMap((cells, at) => (mostly(cells, test) ? [at] : []));
  const dates = those(isDate);
  if (dates.length === 0 && !header) return null;
  const numbers = those(isNumber);
  if (numbers.length === 0) throw new Unreadable("no column with numbers was found");

  const names = columns.map((_, at) => header?.[at] || `column ${at + 1}`);
  const called = ({ name, title }) => numbers.find((at) => [name, title].some((one) => one.toLowerCase() === names[at].toLowerCase()));
  const beside = Object.fromEntries(wanted.map((one) => [one.name, choice.beside && one.name in choice.beside ? choice.beside[one.name] : called(one) ?? null]));
  const free = numbers.filter((at) => !Object.values(beside).includes(at));
  const value = choice.value ?? free.find((at) => TARGETS.test(names[at])) ?? free[0] ?? numbers[0];
  const date = choice.date !== undefined ? choice.date : dates[0] ?? null;
  const orders = date === null ? null : dateOrder(columns[date]);
  const order = orders === "either" ? choice.order ?? null : orders;
  const asks = numbers.length > 1 || dates.length > 1 || orders === "either";
  return { body, columns, hasHeader: header !== null, names, dates, numbers, date, value, order, orders, beside, asks };
}

/** {values, start, step, columns, ahead, column}: `ahead` holds what is known beside the series after its last value. */
export function readTable({ body, columns, hasHeader, names, date, value, order, orders, beside }) {
  if (orders === "either" && order === null) {
    throw new Unreadable(`dates like \`${columns[date].find(isDate)}\` can be read two ways; choose which comes first, the day or the month`);
  }
  const dated = date === null ? null : regular(body, columns[date], order);
  const read = (at) => {
    const hasComma = hasDecimalCommas(columns[at]);
    const cells = columns[at].map((cell, row) => {
      try { return readNumber(cell, hasComma); } catch (error) { throw inRow(error, body[row].line); }
    });
    return dated ? dated.rows.map((row) => (row === null ? null : cells[row])) : cells;
  };
  const values = read(value);
  const others = Object.entries(beside).filter(([, at]) => at !== null).map(([name, at]) => [name, read(at)]);
  // Rows at the end without a value but with something beside it are the days ahead.
  const end = values.findLastIndex((one, at) => one !== null || others.every(([, list]) => list[at] === null)) + 1;
  const hasAhead = end > 0 && end < values.length;
  const part = (from, to) => Object.fromEntries(others.map(([name, list]) => [name, list.slice(from, to)]));
  return {
    values: hasAhead ? values.slice(0, end) : values,
    columns: part(0, hasAhead ? end : undefined),
    ahead: hasAhead ? part(end) : {},
    start: dated ? isoDate(dated.first) : null,
    step: dated?.step ?? null,
    column: hasHeader ? names[value] : null,
  };
}

/** Rows in the order of their dates, with null where a date is missing. */
function regular(body, cells, order) {
  const days = cells.map((cell, row) => {
    if (!isDate(cell)) throw inRow(new Unreadable(cell ? `\`${cell.slice(0, 30)}\` is not a date` : "the date is missing"), body[row].line);
    try { return [readDate(cell, order), row]; } catch (error) { throw inRow(error, body[row].line); }
  }).sort((a, b) => a[0] - b[0]);
  const gaps = days.slice(1).map(([day], at) => day - days[at][0]);
  const twice = gaps.indexOf(0);
  if (twice >= 0) {
    const [one, other] = [days[twice][1], days[twice + 1][1]].map((row) => body[row].line);
    throw new Unreadable(`rows ${one} and ${other} both have the date ${isoDate(days[twice][0])}; keep one row a date`);
  }
  const step = gaps.length > 0 && gaps.every((gap) => gap % 7 === 0) ? 7 : 1;
  const first = days[0][0];
  const length = (days.at(-1)[0] - first) / step + 1;
  if (length > MOST_STEPS) throw new Unreadable(`the dates span ${length} steps; paste a shorter series`);
  const rows = Array(length).fill(null);
  for (const [day, row] of days) rows[(day - first) / step] = row;
  return { first, step, rows };
}

function inRow(error, line) {
  return error instanceof Unreadable ? new Unreadable(`row ${line}: ${error.message}`) : error;
}
