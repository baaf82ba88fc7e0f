// A forecast's numbers, as a table to read and as CSV to keep.
// Knows the forecast; knows nothing of how it is drawn.

import { h } from "./dom.js";
import { digitsFor, isoDate, number, percent } from "./format.js";

/** Columns in reading order: {key, title, values}. */
function columns(forecast) {
  const quantiles = forecast.levels.map((level) => ({
    key: level,
    title: level === "0.5" ? "Median" : `${Number(level) < 0.5 ? "Low" : "High"} ${percent(Number(level), 1)}`,
    values: forecast.quantiles[level],
  }));
  return [
    ...quantiles,
    forecast.mean ? { key: "mean", title: "Mean", values: forecast.mean } : null,
    forecast.actual ? { key: "actual", title: "Actual", values: forecast.actual } : null,
  ].filter(Boolean);
}

export function forecastTable(forecast) {
  const past = forecast.history.length;
  const shown = columns(forecast);
  const digits = digitsFor(Math.max(...shown.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const widest = forecast.bands.find(({ share }) => Math.abs(share - 0.8) < 1e-9) ?? forecast.bands[0];
  const cell = ({ key, values }, at) => h("td", { class: classOf(key), "data-quantile": key, "data-value": values[at] },
    number(values[at], digits),
    key === "actual" && widest ? missed(values[at], widest.low[at], widest.high[at], widest.share) : null);
  return h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "The forecast's numbers" },
    h("table", { id: "numbers" },
      h("caption", { class: "offscreen" }, `The forecast by ${forecast.noun}`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, forecast.noun === "step" ? "Step" : forecast.dayAt(past) === null ? "Ahead" : "Date"),
        shown.map(({ key, title }) => h("th", { scope: "col", class: classOf(key) }, title)))),
      h("tbody", {}, forecast.line.map((_, at) => h("tr", {},
        h("th", { scope: "row" }, forecast.briefAt(past + at)),
        shown.map((column) => cell(column, at)))))));
}

const classOf = (key) => ({ 0.5: "strong", actual: "truth" })[key] ?? null;

/** An arrow where what happened lies outside the interval. */
function missed(value, low, high, share) {
  if (value === null || (value >= low && value <= high)) return null;
  const above = value > high;
  return h("span", { class: "missed", title: `${above ? "above" : "below"} the ${percent(share, 1)} range` },
    h("span", { "aria-hidden": "true" }, above ? " ▲" : " ▼"),
    h("span", { class: "offscreen" }, ` ${above ? "above" : "below"} the ${percent(share, 1)} range`));
}

export function forecastCsv(forecast) {
  const past = forecast.history.length;
  const shown = columns(forecast);
  const head = ["date", ...shown.map(({ key }) => (key === "mean" || key === "actual" ? key : `q${key}`))];
  const rows = forecast.line.map((_, at) => {
    const day = forecast.dayAt(past + at);
    return [day === null ? at + 1 : isoDate(day), ...shown.map(({ values }) => values[at] ?? "")];
  });
  return `${[head, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}
