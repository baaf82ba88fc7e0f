// What is different since the run before, in one line, and a short name for a run. Pure.
// Knows requests by differences.js and answers by essence.js; draws nothing.

import { differences } from "./differences.js";
import { against, cosine } from "./essence.js";
import { inShort } from "./examples.js";
import { capital, number, plural } from "./format.js";

const MOST = 3;

/** "Changed: horizon 7 → 3. Total 180 → 78 (−57 %)."; null where nothing is, or where two examples have nothing to do with each other. */
export function changeSince(before, run) {
  if (run.example && before.example && run.example !== before.example) return null;
  const answer = answerChange(before.essence, run.essence);
  const version = before.answer.by.sha256 !== run.answer.by.sha256 ? ["the model’s version"] : [];
  const causes = [...differences(run.status, before.request, run.request), ...version];
  // Asking the same once more is no news, and takes none away.
  if (causes.length === 0 && !answer) return before.change;
  const told = causes.length ? `Changed: ${few(causes)}.` : "The same inputs.";
  return [told, answer ?? "The answer is the same."].join(" ");
}

/** What tells a run from others: the example that it began with and what was changed in it, else what changed since the run before, else its words. */
export function nameOf(run, before) {
  const { status, origin, base, request } = run;
  const own = origin ? differences(status, base, request) : null;
  if (own && isFew(own)) return [origin.name ?? "Example", ...own].join(", ");
  const changed = before ? differences(status, before.request, request) : [];
  if (changed.length && isFew(changed)) return capital(changed.join(", "));
  return inShort(status, request) || "Typed inputs";
}

const isAnother = (one) => one.startsWith("another ");
const isFew = (causes) => causes.length <= MOST && !causes.some(isAnother);

const few = (causes) => causes.find(isAnother) ?? (causes.length > MOST ? `${causes.slice(0, MOST).join(", ")} and ${causes.length - MOST} more` : causes.join(", "));

/** Null where the answer is the same. */
function answerChange(then, now) {
  if (now.vectors) return vectorChange(then, now);
  if (now.figure && then.figure && !isSame(now.figure, then.figure)) return figureChange(then.figure, now.figure);
  const [before, after] = [then.rows.length, now.rows.length];
  if (before !== after) return `${number(before, 0)} → ${plural(after, now.noun, now.noun === "entity" ? "entities" : undefined)}.`;
  const changed = now.rows.filter((row, at) => !isSame(row, then.rows[at])).length;
  return changed ? `${number(changed, 0)} of ${plural(after, now.noun, now.noun === "entity" ? "entities" : undefined)} changed.` : null;
}

const isSame = (a, b) => a.name === b.name && a.text === b.text;

function figureChange(then, now) {
  if (then.name !== now.name) return `${then.name} ${then.text} → ${now.name} ${now.text}.`;
  const change = against(now, then);
  return `${now.name} ${then.text} → ${now.text}${["same", "other"].includes(change) || now.name === "Found" ? "" : ` (${change})`}.`;
}

function vectorChange(then, now) {
  const alike = now.vectors.length === 1 && then.vectors?.length === 1 ? cosine(now.vectors[0], then.vectors[0]) : null;
  if (alike === null || alike > 0.999999) return null;
  return `Its cosine similarity with the vector before: ${number(alike, 3)}.`;
}
