// The series editor: a chart to drag points on, the text that it stands for, and what was understood of it.
// Says what it read through a `series` event; knows nothing of requests.

import { calendarOf } from "./calendar.js";
import { h, prose } from "./dom.js";
import { takeDropped } from "./drop.js";
import { isoDate, number, parseDate, plural, sentence, stepDays } from "./format.js";
import { Unreadable } from "./inputs.js";
import { parseSeries } from "./series.js";
import { seriesChart } from "./series-chart.js";

const PER_LINE = 7;
const SETTLE_MS = 80;
const NOUNS = { 1: "daily value", 7: "weekly value" };
const ALONE = { start: () => null, ahead: () => 0, rows: [] };

export function seriesInput(spec, id, context) {
  const target = h("textarea", {
    id, name: id, rows: 5, spellcheck: "false", class: "series-text",
    placeholder: "Paste a column from a spreadsheet, a CSV with dates, or numbers; or drop a file",
  });
  const readout = h("p", { id: `${id}-readout`, "aria-live": "polite" });
  const fillGaps = h("button", { type: "button", class: "quiet-button", hidden: true, click: () => edit(parsed.values.map((value) => value ?? 0)) }, "Fill with 0");
  const file = h("input", { type: "file", id: `${id}-file`, class: "offscreen", accept: ".csv,.tsv,.txt,text/csv,text/plain" });
  const panel = h("div", { class: "intake", role: "group", "aria-label": "Columns", hidden: true });
  let parsed = parseSeries("");
  let choice = {};
  let told = "";
  let companions = ALONE;
  const wanted = () => companions.rows.map(({ name, title }) => ({ name, title }));

  const chart = seriesChart({
    id, title: spec.title, noun: context.noun, unit: spec.unit,
    change: (name, at, value) => {
      if (name === null) edit(parsed.values.with(at, value));
      else changeRow(companions.rows.find((row) => row.name === name), at, value);
      settle();
    },
  });
  const changeRow = (row, at, value) => {
    const past = parsed.values.length;
    if (at < past) row.set("past", at, value, past);
    else row.set("future", at - past, value, 0);
  };
  /** New values in the place of the text, as if they had been typed. */
  const edit = (values) => {
    const top = target.scrollTop;
    target.value = textOf(values);
    target.scrollTop = top;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // Under a moving point the form would be asked at every pixel.
  let settling = 0;
  const settle = () => {
    settling ||= setTimeout(() => {
      settling = 0;
      const { minItems = 1, maxItems = Infinity } = spec.schema;
      const fits = parsed.problem === null && parsed.values.length >= minItems && parsed.values.length <= maxItems;
      if (fits) chart.element.dispatchEvent(new Event("change", { bubbles: true }));
    }, SETTLE_MS);
  };

  const show = () => {
    const past = parsed.values.length;
    const start = companions.start() ?? parsed.start;
    const ahead = past ? companions.ahead() : 0;
    const rows = companions.rows.map((row) => ({
      name: row.name, title: row.title,
      values: [...pad(row.past ? row.values("past") : [], past), ...pad(row.values("future"), ahead)],
      span: [row.past ? 0 : past, row.future ? past + ahead - 1 : past - 1],
    }));
    chart.show({ values: parsed.values, ahead, rows, calendar: calendarOf({ past, start, frequency: context.frequency }) });
    const said = tell(parsed, start, context.frequency);
    if (said !== told) readout.replaceChildren(...prose(said));
    told = said;
    readout.classList.toggle("bad", parsed.problem !== null);
    fillGaps.hidden = !parsed.values.includes(null);
  };
  const take = () => {
    parsed = parseSeries(target.value, choice, wanted());
    ask();
    target.dispatchEvent(new CustomEvent("series", { bubbles: true, detail: parsed }));
    show();
  };
  const ask = async () => {
    const { table } = parsed;
    panel.hidden = !table?.asks;
    if (panel.hidden) return;
    const { intakePanel } = await import("./intake-panel.js");
    if (table !== parsed.table) return;
    const focused = panel.contains(document.activeElement) ? document.activeElement.id : null;
    panel.replaceChildren(...intakePanel(id, spec.title, table, wanted(), (chosen) => {
      choice = { ...choice, ...chosen };
      take();
    }));
    if (focused) document.getElementById(focused)?.focus();
  };
  const load = async (chosen) => {
    try {
      const { textOf: read } = await import("./series-file.js");
      target.value = await read(chosen);
      chart.forget();
      target.dispatchEvent(new Event("input", { bubbles: true }));
      target.scrollTop = 0;
      settle();
    } catch (error) {
      target.dispatchEvent(new CustomEvent("unreadable", { bubbles: true, detail: sentence(error.message) }));
    }
  };

  target.addEventListener("input", (event) => {
    if (event.isTrusted) chart.forget();
    // What was chosen of one table says nothing of another.
    const head = target.value.split("\n", 1)[0];
    if (head !== choice.head) choice = { head };
    take();
  });
  file.addEventListener("change", (event) => {
    event.stopPropagation();
    const [chosen] = file.files;
    // The same file, changed meanwhile, may be chosen again.
    file.value = "";
    if (chosen) load(chosen);
  });
  const element = h("div", { class: "series-editor" }, chart.element, target, panel,
    h("div", { class: "series-readout" }, readout, fillGaps));
  takeDropped(element, load);

  return {
    element,
    target,
    beside: h("div", { class: "open-file" }, file, h("label", { class: "quiet-button", for: file.id }, "Open a CSV")),
    /** Tells the editor of its companions; what they are, companions.js says. */
    join: (others) => { companions = others; },
    /** Something beside the series has changed. */
    refresh: show,
    write: (values) => {
      chart.forget();
      target.value = textOf(values ?? []);
      choice = {};
      take();
    },
    read: () => {
      if (parsed.problem) throw new Unreadable(parsed.problem);
      return parsed.values.length ? parsed.values : undefined;
    },
  };
}

const pad = (values, length) => Array.from({ length }, (_, at) => values[at] ?? null);

/** Values as text, in aligned columns. */
function textOf(values) {
  const cells = values.map((value) => (value === null ? "–" : String(value)));
  const wide = Math.max(1, ...cells.map((cell) => cell.length));
  const lines = [];
  for (let at = 0; at < cells.length; at += PER_LINE) {
    lines.push(cells.slice(at, at + PER_LINE).map((cell) => cell.padStart(wide)).join(" "));
  }
  return lines.join("\n");
}

/** "84 daily values, 2017-08-08 to 2017-10-30, 2 gaps left empty". */
function tell({ values, step, column, ahead, problem }, start, frequency) {
  if (problem) return sentence(problem);
  if (values.length === 0) return "";
  const days = step ?? stepDays(frequency);
  const first = parseDate(start);
  const gaps = values.filter((value) => value === null).length;
  const parts = [plural(values.length, NOUNS[days] ?? "value") + (column ? ` from the column ${column}` : "")];
  if (first !== null && days) parts.push(`${isoDate(first)} to ${isoDate(first + (values.length - 1) * days)}`);
  if (gaps) parts.push(`${plural(gaps, "gap")} left empty`);
  const last = values.findLast((value) => value !== null);
  if (last !== undefined) parts.push(`the last is ${number(last, Number.isInteger(last) ? 0 : undefined)}`);
  const further = Object.values(ahead)[0]?.length;
  const more = further ? `. ${plural(further, "step")} ahead known of ${Object.keys(ahead).join(", ")}` : "";
  return parts.join(", ") + more;
}
