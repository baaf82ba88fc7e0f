// The answer: words first, then the chart, the numbers, the time by stage, and downloads.
// Knows an answer and its model's status; sends nothing.

import { byId, h, put, s } from "./dom.js";
import { forecastChart } from "./chart.js";
import { forecastOf } from "./forecast.js";
import { duration, humanise } from "./format.js";
import { forecastCsv, forecastTable } from "./numbers.js";
import { inWords } from "./words.js";

const LONGEST_SHOWN = 4000;

/** Shows an answer; returns its short form for the bar at the bottom. */
export function showAnswer(status, answer, actual) {
  const forecast = forecastOf(status, answer, actual);
  if (!forecast) return showPlain(status, answer);
  const { headline, notes } = inWords(forecast);
  put(byId("answer"), h("p", { class: "headline" }, headline), h("p", { class: "notes" }, notes.join(" ")));
  put(byId("details"),
    forecastChart(forecast),
    forecastTable(forecast),
    afterwards(status, answer, ["csv", "text/csv", () => forecastCsv(forecast)]));
  return headline;
}

/** Any other task: the values as the server wrote them. */
function showPlain(status, answer) {
  const outputs = answer.body.outputs ?? answer.body;
  const named = outputs !== null && typeof outputs === "object" && !Array.isArray(outputs) ? Object.entries(outputs) : [["outputs", outputs]];
  const simple = named.length === 1 && typeof named[0][1] !== "object" ? String(named[0][1]) : null;
  const headline = simple ?? `${named.length === 1 ? "One output" : `${named.length} outputs`}: ${named.map(([name, value]) => `${name}${shapeOf(value)}`).join(", ")}`;
  put(byId("answer"), h("p", { class: "headline plain" }, headline));
  put(byId("details"),
    simple ? null : named.map(([name, value]) => h("div", { class: "tensor" }, h("h3", {}, name), h("pre", { class: "code", tabindex: "0" }, brief(value)))),
    afterwards(status, answer));
  return headline;
}

function brief(value) {
  const text = JSON.stringify(value, null, 1).replace(/\n\s+(-?[\d.eE+-]+,?)(?=\n)/g, " $1").replace(/(\d)\n\s*\]/g, "$1 ]");
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}\n… the rest is in the download` : text;
}

/** " [1 × 7 × 3]" for nested lists or for {shape, data}. */
function shapeOf(value) {
  const shape = Array.isArray(value?.shape) ? value.shape : [];
  for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  return shape.length ? ` [${shape.join(" × ")}]` : "";
}

function afterwards(status, answer, extra) {
  const save = (kind, type, text) => h("button", {
    type: "button", class: "quiet-button", id: `download-${kind}`,
    click: () => download(`${status.name}.${kind}`, type, text()),
  }, `Download ${kind.toUpperCase()}`);
  return h("div", { class: "afterwards" },
    timing(answer),
    h("div", { class: "actions" },
      extra ? save(...extra) : null,
      save("json", "application/json", () => `${JSON.stringify(answer.body, null, 2)}\n`)));
}

/** A bar of the stages with their times written out. */
function timing({ stages, roundTripMs }) {
  const total = stages.find(({ name }) => name === "total");
  const parts = stages.filter(({ name }) => name !== "total");
  const whole = total?.ms ?? parts.reduce((sum, { ms }) => sum + ms, 0);
  if (!(whole > 0)) return h("p", { class: "timing", id: "timing" }, `Answered in ${duration(roundTripMs)}`);
  let from = 0;
  const bars = parts.map(({ ms }, at) => {
    const bar = s("rect", { x: from, y: 0, width: Math.max(0.5, (ms / whole) * 100 - 0.6), height: 6, class: `stage-${at % 3}` });
    from += (ms / whole) * 100;
    return bar;
  });
  return h("div", { class: "timing", id: "timing" },
    s("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" }, bars),
    h("p", {},
      h("span", {}, h("b", {}, duration(whole)), " on the server"),
      parts.map(({ name, ms }, at) => h("span", { class: `stage stage-${at % 3}` }, `${humanise(name)} ${duration(ms)}`)),
      h("span", { class: "stage" }, `${duration(roundTripMs)} to this page`)));
}

function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
