// The runs of this visit: the one in view, the one before, and those that are kept to compare with.
// Knows runs; what they have in common is in essence.js, how they are set side by side in comparison.js.

import { changeSince, nameOf } from "./change.js";
import { comparison } from "./comparison.js";
import { byId, copy, h, put } from "./dom.js";
import { essenceOf } from "./essence.js";
import { linkTo } from "./link.js";
import { showAnswer } from "./result.js";

const MOST = 6;
const LETTERS = "ABCDEF";

const visit = { now: null, kept: [], again: () => {} };

/** `again` is called with the request of a kept run that the visitor wants back. */
export function onAgain(again) {
  visit.again = again;
}

/** Shows a run {status, request, answer, example, origin, base}: `example` as it is, `origin` perhaps edited since it was `base`; returns its short form for the bar at the bottom. */
export function showRun(run) {
  const before = visit.now?.status.name === run.status.name ? visit.now : null;
  visit.kept = visit.kept.filter(({ status }) => status.name === run.status.name);
  Object.assign(run, { actual: run.example?.actual, essence: essenceOf(run), name: nameOf(run, before) });
  run.change = before ? changeSince(before, run) : null;
  const twin = visit.kept.findIndex((one) => isTwin(one, run));
  if (twin >= 0) visit.kept[twin] = Object.assign(run, { letter: visit.kept[twin].letter, name: visit.kept[twin].name });
  visit.now = run;
  Object.assign(run, showAnswer(run, { change: run.change, beside: (forecast) => besideOf(run, forecast), actions: actionsOf(run) }));
  showKept();
  return run.headline;
}

/** Whether both asked the same and were told the same: that is one run, however often it is made. */
const isTwin = (one, other) => isSame(one.answer.body, other.answer.body) && isSame(one.request, other.request);
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function actionsOf(run) {
  const word = h("p", { class: "small link-word", role: "status", id: "link-word" });
  const link = h("button", { type: "button", class: "quiet-button", id: "copy-link", click: () => copyLink(run, word) }, "Copy link");
  const keepIt = h("button", { type: "button", class: "quiet-button", id: "keep", "aria-pressed": "false", click: () => keep(run) }, "Keep");
  return [keepIt, link, word];
}

async function copyLink(run, word) {
  try {
    const { url, leftOut } = await linkTo(run.status, run.request);
    const done = await copy(url);
    const told = done ? `Link copied${leftOut ? `, with ${leftOut}` : ""}.` : "Copy it from here:";
    put(word, told, done ? null : h("input", { readonly: true, value: url, "aria-label": "The link", focus: (event) => event.target.select() }));
  } catch (error) {
    put(word, error.message, " The tab Use the API has them as a call.");
  }
}

function keep(run) {
  const at = visit.kept.indexOf(run);
  if (at >= 0) {
    drop(run);
    return;
  }
  if (visit.kept.length === MOST) {
    showKept(`${MOST} runs are kept already; remove one to keep this.`);
    return;
  }
  run.letter = [...LETTERS].find((letter) => visit.kept.every((one) => one.letter !== letter));
  visit.kept.push(run);
  changed();
}

function drop(run) {
  visit.kept.splice(visit.kept.indexOf(run), 1);
  changed();
}

function changed() {
  visit.now.compare?.();
  showKept();
}

function showKept(told = null) {
  const { now, kept } = visit;
  const isKept = kept.includes(now);
  const button = byId("keep");
  button.textContent = isKept ? `Kept as ${now.letter}` : "Keep";
  button.setAttribute("aria-pressed", String(isKept));
  put(byId("kept"), kept.length ? [
    h("h3", {}, "Kept runs"),
    h("p", { class: "small", role: "status" }, told),
    h("ol", { class: "kept-list" }, kept.map((run) => entry(run, now))),
    comparison(now, kept.filter((run) => run !== now)),
  ] : null);
}

function entry(run, now) {
  const named = h("span", { class: "offscreen" }, ` run ${run.letter}`);
  return h("li", { "data-run": run.letter },
    h("span", { class: "letter" }, run.letter),
    h("p", {}, h("b", { dir: "auto" }, run.name), h("span", { class: "small", dir: "auto" }, run.headline)),
    h("div", { class: "actions" },
      run === now ? h("span", { class: "small" }, "shown above") : h("button", { type: "button", class: "quiet-button", click: () => visit.again(run) }, "Use again", named.cloneNode(true)),
      h("button", { type: "button", class: "quiet-button", click: () => {
        drop(run);
        (byId("kept").querySelector(".kept-list button") ?? byId("keep")).focus();
      } }, "Remove", named)));
}

/** The medians of kept runs at the steps of this forecast: by date where both have dates, else by their order. */
function besideOf(run, forecast) {
  return visit.kept.filter((one) => one !== run && one.essence.forecast).map(({ letter, essence: { forecast: other } }) => {
    const past = forecast.history.length;
    const dated = forecast.dayAt(past) !== null && other.dayAt(other.history.length) !== null;
    const days = other.line.map((_, at) => other.dayAt(other.history.length + at));
    const line = forecast.line.map((_, at) => other.line[dated ? days.indexOf(forecast.dayAt(past + at)) : at] ?? null);
    return { name: letter, line };
  }).filter(({ line }) => line.some((value) => value !== null));
}
