// The answer: words first, then what the task's renderer draws, the time by stage, and downloads.
// Knows which renderers there are; sends nothing.

import { afterwards } from "./afterwards.js";
import { forecastChart } from "./chart.js";
import { byId, h, put } from "./dom.js";
import { entitiesView } from "./entities.js";
import { forecastOf } from "./forecast.js";
import { labelsView } from "./labels.js";
import { forecastCsv, forecastTable } from "./numbers.js";
import { plainView } from "./plain.js";
import { predictionsView } from "./predictions.js";
import { similarityView } from "./similarity.js";
import { outputsOf, rendererOf } from "./tasks.js";
import { vectorView } from "./vector.js";
import { inFile, inWords } from "./words.js";

/** A renderer gives {headline, notes, parts, saves}, or null for an answer that is not of its shape. */
const RENDERERS = {
  entities: entitiesView,
  forecast: forecastView,
  labels: labelsView,
  similarity: similarityView,
  table: predictionsView,
  vector: vectorView,
};

/**
 * Shows an answer; `change` is said under it, `beside` gives medians to draw with it, `actions` stand before the downloads.
 * {headline, compare}: its short form, and what draws other medians where there is a chart for them.
 */
export function showAnswer({ status, answer, actual }, { change, beside, actions }) {
  const given = { status, answer, actual, beside, outputs: outputsOf(status, answer.body) };
  const render = RENDERERS[rendererOf(status)] ?? forecastView;
  // A comparison may be asked of models for other tasks too; its request alone tells a score from a vector.
  const { headline, plain, notes, parts, saves, compare } = similarityView(given) ?? render(given) ?? plainView(given);
  put(byId("answer"), h("p", { class: plain ? "headline plain" : "headline" }, headline),
    change ? h("p", { class: "change", id: "change" }, change) : null,
    notes.length ? h("p", { class: "notes" }, notes.join(" ")) : null);
  put(byId("details"), parts, afterwards(status, answer, saves, actions));
  return { headline, compare };
}

function forecastView({ status, answer, actual, beside }) {
  const forecast = forecastOf(status, answer, actual);
  if (!forecast) return null;
  const words = inWords(forecast);
  const chart = forecastChart(forecast, { beside: beside(forecast) });
  const file = (form) => async () => (await import("./chart-file.js"))[form](chart, inFile(forecast, status, words));
  return {
    ...words,
    parts: [chart.element, forecastTable(forecast)],
    compare: () => chart.compare(beside(forecast)),
    saves: [["csv", "text/csv", () => forecastCsv(forecast)], ["svg", "image/svg+xml", file("svgFile")], ["png", "image/png", file("pngFile")]],
  };
}
