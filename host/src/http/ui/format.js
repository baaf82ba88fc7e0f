// Numbers, dates and names as people read them. Days are counted from 1970-01-01, without time zones.
// Knows nothing of the page.

export const NBSP = "\u00a0";
const DAY_MS = 86_400_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Digits after the point that suit values as large as `max`. */
export function digitsFor(max) {
  const size = Math.abs(max);
  if (!(size > 0)) return 0;
  if (size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return Math.min(6, 2 + Math.ceil(-Math.log10(size)));
}

const FIXED = [];
/** Making one takes longer than a hundred uses of it. */
const fixed = (digits) => (FIXED[digits] ??= new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));

export function number(value, digits = digitsFor(value)) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = fixed(digits).format(value);
  return text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

/** Up to five digits that count, for numbers of which no size is known. */
export function precise(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(3).replaceAll("-", "−");
  const text = size >= 1e5 ? value.toLocaleString("en", { maximumFractionDigits: 0 }) : value.toLocaleString("en", { maximumSignificantDigits: 5 });
  return text.replace("-", "−");
}

export function percent(fraction, digits = 0) {
  return `${(fraction * 100).toLocaleString("en", { maximumFractionDigits: digits })}${NBSP}%`;
}

export function bytes(count) {
  if (count < 1000) return `${count}${NBSP}B`;
  if (count < 1e6) return `${number(count / 1e3, 0)}${NBSP}kB`;
  return `${number(count / 1e6, count < 1e8 ? 1 : 0)}${NBSP}MB`;
}

export function duration(ms) {
  if (ms >= 1000) return `${number(ms / 1000, ms < 10_000 ? 1 : 0)}${NBSP}s`;
  return `${number(ms, ms < 10 ? 1 : 0)}${NBSP}ms`;
}

/** The day number of `2017-10-25`, or null when it is no date. */
export function parseDate(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(String(text ?? "").trim());
  return found ? dayOf(Number(found[1]), Number(found[2]), Number(found[3])) : null;
}

/** The day number of a calendar date, or null when the calendar has no such day. */
export function dayOf(year, month, day) {
  const ms = Date.UTC(year, month - 1, day);
  const back = new Date(ms);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? ms / DAY_MS : null;
}

export const isoDate = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

export function shortDate(day, withYear = false) {
  const date = new Date(day * DAY_MS);
  return `${date.getUTCDate()}${NBSP}${MONTHS[date.getUTCMonth()]}${withYear ? NBSP + date.getUTCFullYear() : ""}`;
}

export const weekday = (day) => WEEKDAYS[(((day + 3) % 7) + 7) % 7];
export const longDate = (day) => `${weekday(day)}${NBSP}${shortDate(day, true)}`;

/** `last_4_same_weekdays` as "Last 4 same weekdays". */
export const humanise = (name) => capital(String(name).replace(/[_-]+/g, " ").trim());
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A server's lower-case message as a sentence. */
export function sentence(text) {
  const trimmed = String(text).trim();
  const begun = /^[a-z]/.test(trimmed) ? capital(trimmed) : trimmed;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** The beginning of a text on one line. */
export function excerpt(text, most = 60) {
  const line = Array.from(String(text).slice(0, 4 * most).replace(/\s+/g, " ").trim());
  return line.length > most ? `${line.slice(0, most - 1).join("").trimEnd()}…` : line.join("");
}

export const plural = (count, one, many = `${one}s`) => `${number(count, 0)} ${count === 1 ? one : many}`;

/** The noun for one step of a series: day, week, or step where nothing is known. */
export const stepNoun = (frequency) => ({ D: "day", W: "week" })[frequency] ?? "step";
export const stepDays = (frequency) => ({ D: 1, W: 7 })[frequency] ?? null;
