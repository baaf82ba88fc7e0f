// What an answer amounts to: named values, so that two answers to the same kind of question can be compared. Pure.
// Knows the shapes of answers; knows nothing of elements or of how often was asked.

import { likely } from "./bars.js";
import { rowsOf } from "./columns.js";
import { digitsFor, excerpt, NBSP, number, percent, plural, precise } from "./format.js";
import { forecastOf } from "./forecast.js";
import { outputsOf, rendererOf } from "./tasks.js";

const ESSENCES = { entities, labels, table, vector, forecast };

/** {rows: [{name, value, text}], figure, noun, forecast, vectors}: `figure` is the one value that says most, where there is one. */
export function essenceOf({ status, request, answer }) {
  const outputs = outputsOf(status, answer.body);
  const given = { status, request, answer, outputs };
  return scores(given) ?? ESSENCES[rendererOf(status) ?? "forecast"]?.(given) ?? { rows: [], figure: null, noun: "value" };
}

/** How the value of one run differs from that of another: "+12 %", "−3.1 points", "same", or "other". */
export function against(now, then) {
  if (now === undefined || then === undefined) return "–";
  if (now.text === then.text) return "same";
  if (typeof now.value !== "number" || typeof then.value !== "number") return "other";
  const change = now.value - then.value;
  const sign = change > 0 ? "+" : "−";
  const points = Math.abs(change) * 100;
  if (now.share && points < 0.005) return "same";
  if (now.share) return `${sign}${number(points, points < 0.1 ? 2 : 1)}${NBSP}points`;
  const ratio = Math.abs(change / then.value);
  if (then.value > 0 && ratio < 100) return `${sign}${percent(ratio, ratio < 0.1 ? 1 : 0)}`;
  return `${sign}${precise(Math.abs(change))}`;
}

export function cosine(a, b) {
  if (a?.length !== b?.length) return null;
  const dot = a.reduce((sum, value, at) => sum + value * b[at], 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b) || 1);
}

function forecast({ status, answer }) {
  const told = forecastOf(status, answer);
  if (!told) return null;
  const past = told.history.length;
  const digits = digitsFor(Math.max(...told.line));
  const total = (told.mean ?? told.line).reduce((sum, value) => sum + value, 0);
  const end = told.line.at(-1);
  return {
    rows: told.line.map((value, at) => ({ name: told.briefAt(past + at), value, text: number(value, digits) })),
    figure: told.addsUp
      ? { name: told.steps > 1 ? "Total" : "Value", value: total, text: number(total, total < 100 ? digitsFor(total) : 0) }
      : { name: "Last value", value: end, text: number(end, digits) },
    noun: told.noun,
    forecast: told,
  };
}

function scores({ request, outputs }) {
  const { source_sentence: source, sentences } = request.inputs ?? {};
  if (source === undefined || !Array.isArray(outputs) || sentences?.length !== outputs.length) return null;
  const rows = outputs.map((value, at) => ({ name: excerpt(sentences[at], 60), value, text: number(value, 3) }));
  return { rows, figure: rows.length === 1 ? { ...rows[0], name: "Similarity" } : null, noun: "sentence" };
}

function labels({ request, outputs }) {
  if (!Array.isArray(outputs) || outputs.length === 0) return null;
  const isLabel = (one) => typeof one?.label === "string" && Number.isFinite(one.score);
  const blocks = outputs.every(isLabel) ? [outputs] : outputs;
  if (!blocks.every((block) => Array.isArray(block) && block.length > 0 && block.every(isLabel))) return null;
  const share = request.parameters?.function_to_apply !== "none" && blocks.flat().every(({ score }) => score >= 0 && score <= 1);
  const tell = (score) => (share ? likely(score) : number(score, 2));
  if (blocks.length === 1) {
    const rows = blocks[0].map(({ label, score }) => ({ name: label, value: score, text: tell(score), share }));
    return { rows, figure: rows[0], noun: "label" };
  }
  const rows = blocks.map(([{ label, score }], at) => ({ name: nameOf(request.inputs, at), value: label, text: `${label} ${tell(score)}` }));
  return { rows, figure: null, noun: "answer" };
}

function nameOf(inputs, at) {
  const one = [inputs].flat()[at];
  const text = one?.text ?? one;
  return typeof text === "string" && text.length < 10_000 ? `${at + 1}. ${excerpt(text, 48)}` : `Input ${at + 1}`;
}

function table(given) {
  const { request, outputs } = given;
  const isValue = (value) => ["number", "string", "boolean"].includes(typeof value);
  if (!Array.isArray(outputs) || outputs.length === 0 || !outputs.every(isValue)) return labels(given);
  const rows = outputs.map((value, at) => ({ name: `Row ${at + 1}`, value, text: typeof value === "number" ? precise(value) : String(value) }));
  const lone = (rowsOf(request.inputs) ?? []).length <= 1;
  return { rows, figure: lone ? { ...rows[0], name: "Prediction" } : null, noun: "prediction" };
}

function entities({ outputs }) {
  if (!Array.isArray(outputs)) return null;
  const found = outputs.flat();
  const rows = found.map((one) => ({ name: String(one?.word ?? ""), value: String(one?.entity_group ?? one?.entity ?? "") }));
  return {
    rows: rows.map((row) => ({ ...row, text: row.value })),
    figure: { name: "Found", value: found.length, text: plural(found.length, "entity", "entities") },
    noun: "entity",
  };
}

function vector({ request, outputs }) {
  const isVector = (list) => Array.isArray(list) && list.length > 0 && list.every(Number.isFinite);
  const vectors = isVector(outputs) ? [outputs] : outputs;
  if (!Array.isArray(vectors) || !vectors.every(isVector)) return null;
  return { rows: vectors.map((_, at) => ({ name: nameOf(request.inputs, at) })), figure: null, noun: "vector", vectors };
}
