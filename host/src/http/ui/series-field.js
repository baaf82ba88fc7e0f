// The series editor: pasted text, a live read-out of what was understood, and a small preview.
// Says what it read through a `series` event; knows nothing of requests.

import { h } from "./dom.js";
import { isoDate, number, parseDate, plural, stepDays } from "./format.js";
import { parseSeries } from "./series.js";
import { sparkline } from "./sparkline.js";

const PER_LINE = 7;
const NOUNS = { 1: "daily value", 7: "weekly value" };

export function seriesInput(spec, id, context) {
  const target = h("textarea", {
    id, name: id, rows: 5, spellcheck: "false", class: "series-text",
    placeholder: "Paste a column from a spreadsheet, a CSV with dates, or numbers",
  });
  const preview = h("div", { class: "preview", "aria-hidden": "true" });
  const readout = h("p", { class: "series-readout", id: `${id}-readout`, "aria-live": "polite" });
  let parsed = parseSeries("");
  let start = null;

  const show = () => {
    preview.replaceChildren(parsed.values.length > 1 ? sparkline(parsed.values) : "");
    readout.textContent = tell(parsed, start, context.frequency);
    readout.classList.toggle("bad", parsed.problem !== null);
  };
  const take = () => {
    parsed = parseSeries(target.value);
    if (parsed.start) start = parsed.start;
    show();
    target.dispatchEvent(new CustomEvent("series", { bubbles: true, detail: parsed }));
  };
  target.addEventListener("input", take);

  return {
    element: h("div", { class: "series-editor" }, preview, target, readout),
    target,
    /** The date of the first value changed elsewhere in the form. */
    fill: (date) => {
      start = date ?? null;
      show();
    },
    write: (values) => {
      const cells = (values ?? []).map((value) => (value === null ? "–" : String(value)));
      const wide = Math.max(1, ...cells.map((cell) => cell.length));
      const lines = [];
      for (let at = 0; at < cells.length; at += PER_LINE) {
        lines.push(cells.slice(at, at + PER_LINE).map((cell) => cell.padStart(wide)).join(" "));
      }
      target.value = lines.join("\n");
      take();
    },
    read: () => {
      if (parsed.problem) throw new Error(parsed.problem);
      return parsed.values.length ? parsed.values : undefined;
    },
  };
}

/** "84 daily values, 2017-08-08 to 2017-10-30, 2 gaps". */
function tell({ values, step, column, problem }, start, frequency) {
  if (problem) return problem;
  if (values.length === 0) return "";
  const days = step ?? stepDays(frequency);
  const first = parseDate(start);
  const gaps = values.filter((value) => value === null).length;
  const parts = [plural(values.length, NOUNS[days] ?? "value") + (column ? ` from the column ${column}` : "")];
  if (first !== null && days) parts.push(`${isoDate(first)} to ${isoDate(first + (values.length - 1) * days)}`);
  if (gaps) parts.push(plural(gaps, "gap"));
  const last = values.findLast((value) => value !== null);
  if (last !== undefined) parts.push(`the last is ${number(last, Number.isInteger(last) ? 0 : undefined)}`);
  return parts.join(", ");
}
