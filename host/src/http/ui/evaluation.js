// The model's measured quality beside its baselines, best marked, whoever it is.
// Knows evaluation.json's shape; a shape it does not know is left out.

import { h, s } from "./dom.js";
import { capital, humanise, number, plural } from "./format.js";

const METRICS = {
  wape: { title: "WAPE", says: "sum of absolute errors over the sum of the truth", digits: 3, better: (value) => value },
  mae: { title: "MAE", says: "mean absolute error", digits: 2, better: (value) => value },
  rmse: { title: "RMSE", says: "root of the mean squared error", digits: 2, better: (value) => value },
  r2: { title: "R²", says: "share of the variance explained", digits: 3, better: (value) => -value },
  pinball: { title: "Pinball", says: "mean loss of the quantiles", digits: 2, better: (value) => value },
  coverage_80: { title: "In 80 %", says: "share of the truth inside the 80 % range; 0.80 is right", digits: 2, better: (value) => Math.abs(value - 0.8) },
};
const MONTH = /\b(january|february|march|april|may|june|july|august|september|october|november|december)\b/;
const NAMES = {
  naive_lag_7: "The value 7 days before",
  last_4_same_weekdays: "Mean of the last 4 same weekdays",
  level_28_times_weekday_profile: "28-day level × weekday profile",
  gradient_boosting: "Gradient boosting",
};

export function evaluationOf(evaluation) {
  if (!evaluation?.metrics || typeof evaluation.metrics !== "object") return null;
  const own = ownName(evaluation);
  const shown = Object.keys(METRICS).filter((key) => Number.isFinite(evaluation.metrics[own]?.[key]));
  if (!own || shown.length === 0) return null;
  const others = Object.entries(evaluation).filter(([key, value]) => key.startsWith("including_") && Number.isFinite(value?.[own]?.[shown[0]]));
  return h("section", { class: "evaluation", "aria-labelledby": "evaluation-heading" },
    h("h2", { id: "evaluation-heading" }, "How good it is"),
    h("p", { class: "verdict" }, verdict(evaluation.metrics, own, shown[0])),
    table(evaluation.metrics, own, shown),
    h("p", { class: "small" }, measuredOn(evaluation)),
    others.map(([key, metrics]) => h("details", { class: "fold" },
      h("summary", {}, h("span", {}, humanise(key).replace(MONTH, capital))), table(metrics, own, shown))));
}

/** Which row is the model itself: named, or called after what it is. */
function ownName({ metrics, model }) {
  return [model, "model", "transformer"].find((name) => name in metrics) ?? Object.keys(metrics)[0];
}

function verdict(metrics, own, key) {
  const { title, digits, better } = METRICS[key];
  const score = (name) => better(metrics[name][key]);
  const rivals = Object.keys(metrics).filter((name) => name !== own && Number.isFinite(metrics[name]?.[key])).sort((a, b) => score(a) - score(b));
  const mine = `${title} ${number(metrics[own][key], digits)}`;
  const named = (name) => `${(NAMES[name] ?? humanise(name)).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())} (${number(metrics[name][key], digits)})`;
  const ahead = rivals.filter((name) => score(name) < score(own));
  if (rivals.length === 0) return `${mine}.`;
  if (ahead.length === 0) return `${mine}: better than all ${plural(rivals.length, "baseline")}; the closest is ${named(rivals[0])}.`;
  if (ahead.length === rivals.length) return `${mine}: worse than ${rivals.length === 1 ? "its baseline" : `all ${rivals.length} baselines`}; the best is ${named(rivals[0])}.`;
  return `${mine}: better than ${rivals.length - ahead.length} of ${rivals.length} baselines; ${ahead.map(named).join(" and ")} ${ahead.length === 1 ? "is" : "are"} better.`;
}

function table(metrics, own, shown) {
  const names = Object.keys(metrics).sort((a, b) => METRICS[shown[0]].better(metrics[a][shown[0]]) - METRICS[shown[0]].better(metrics[b][shown[0]]));
  const best = Object.fromEntries(shown.map((key) => {
    const values = names.map((name) => metrics[name][key]).filter(Number.isFinite);
    return [key, Math.min(...values.map((value) => Number(METRICS[key].better(value).toFixed(6))))];
  }));
  const longest = Math.max(...names.map((name) => Math.abs(metrics[name][shown[0]]) || 0));
  return h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Measures by model" },
    h("table", { class: "measures" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Model"),
        shown.map((key) => h("th", { scope: "col", class: "number" }, h("abbr", { title: METRICS[key].says }, METRICS[key].title))))),
      h("tbody", {}, names.map((name) => h("tr", { class: name === own ? "own" : null },
        h("th", { scope: "row" }, name === own ? "This model" : NAMES[name] ?? humanise(name), bar(metrics[name][shown[0]], longest)),
        shown.map((key) => {
          const value = metrics[name][key];
          const wins = Number.isFinite(value) && Number(METRICS[key].better(value).toFixed(6)) === best[key];
          return h("td", { class: wins ? "best" : null }, number(value, METRICS[key].digits), wins ? h("span", { class: "offscreen" }, " best") : null);
        }))))),
    h("p", { class: "small key" }, h("span", { class: "best" }, "Underlined"), ": best in its column. Bars: ", METRICS[shown[0]].title, "."));
}

const bar = (value, longest) => s("svg", { class: "bar", viewBox: "0 0 100 3", preserveAspectRatio: "none", "aria-hidden": "true" },
  s("rect", { width: longest > 0 ? Math.max(0, (Math.abs(value) / longest) * 100) : 0, height: 3 }));

function measuredOn({ rows: all, primary_rows: rows = all, series, origins, horizon, test_window: window, primary, max_abs_diff_tract_onnxruntime: difference }) {
  const parts = [
    Number.isFinite(rows) ? `Measured on ${plural(rows, "forecast value")}` : "Measured",
    series && origins && horizon ? `(${plural(series, "series", "series")}, ${plural(origins, "start")}, ${horizon} steps ahead)` : "",
    window?.length === 2 ? `starting from ${window[0]} to ${window[1]} and forecasting the days after, none of them trained on` : "",
    primary ? `, ${primary}` : "",
  ];
  const engine = Number.isFinite(difference) ? ` The served engine and ONNX Runtime differ by at most ${difference.toExponential(0)}.` : "";
  return `${parts.filter(Boolean).join(" ").replace(" ,", ",")}.${engine}`;
}
