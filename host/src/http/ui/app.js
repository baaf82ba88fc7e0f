// The page's one flow: ask for the model, build the form, predict, show. Everything else is called from here.
// Knows the order of things; what they look like is in the modules.

import * as api from "./api.js";
import { byId, put } from "./dom.js";
import { onEvents } from "./events.js";
import { showExamples } from "./examples.js";
import { factsOf } from "./facts.js";
import { buildForm } from "./form.js";
import { showFault, showHeader, showOffline } from "./header.js";
import { watchLive } from "./live.js";
import { showAnswer } from "./result.js";
import { wireTabs } from "./tabs.js";
import { usageOf } from "./usage.js";

const POLL_MS = 1000;
const PROGRESS_AFTER_MS = 200;
const INSTANT_MS = 100;

const page = { status: null, around: [[], []], form: null, built: null, mark: () => {}, chosen: null, turn: 0, fastest: Infinity, timer: 0 };

/** Asks for the state until the model is ready; the form stays as it is meanwhile. */
async function follow() {
  clearTimeout(page.timer);
  try {
    const sent = api.sent();
    const { models, problems } = sent?.list ?? await api.models();
    const wanted = new URLSearchParams(location.search).get("model") ?? (models.find((one) => one.default) ?? models[0])?.name;
    if (!wanted) throw new api.Refusal({ type: "not_found", message: problems[0]?.error ?? "This server has no model yet." });
    page.status = sent?.model ?? await api.model(wanted);
    page.around = [models, problems];
    showHeader(page.status, ...page.around);
    if (page.status.state === "ready") {
      await ready();
      return;
    }
  } catch (error) {
    if (!(error instanceof api.Refusal)) throw error;
    showOffline(error);
  }
  page.timer = setTimeout(follow, POLL_MS);
}

/** A step of a load or a swap: shown at once, without asking for the rest. */
function step({ model, text }) {
  if (model !== page.status?.name) return;
  page.status.stage = text;
  showHeader(page.status, ...page.around);
}

/** Builds what depends on the model, again only when that changed, so that typed inputs survive a reload. */
async function ready() {
  const { status } = page;
  put(byId("panel-about"), factsOf(status));
  byId("panel-about").hidden = byId("tab-about").getAttribute("aria-selected") !== "true";
  byId("facts").hidden = false;
  byId("workspace").hidden = false;
  const shape = JSON.stringify([status.name, status.request_schema, status.examples]);
  if (shape === page.built) return;
  page.built = shape;
  page.form = buildForm(status);
  page.mark = showExamples(status, (example) => choose(example, true));
  if (status.examples?.length) await choose(status.examples[0], false);
  refreshUsage();
}

function choose(example, asked) {
  page.form.write(example.request);
  page.chosen = example;
  page.mark(example);
  return predict(asked);
}

/** Sends the form; only the last of several answers is shown. */
async function predict(asked) {
  const request = page.form.read();
  if (!request) return;
  refreshUsage();
  const turn = ++page.turn;
  const progress = setTimeout(() => busy(true), PROGRESS_AFTER_MS);
  try {
    const answer = await api.predict(page.status, request);
    performance.mark("answered");
    if (turn !== page.turn) return;
    page.fastest = answer.roundTripMs;
    byId("result").classList.remove("stale");
    const glance = showAnswer(page.status, answer, page.chosen?.actual);
    byId("result").dataset.answer = String(turn);
    put(byId("glance"), glance);
    if (asked) bringIntoView();
  } catch (error) {
    if (!(error instanceof api.Refusal)) throw error;
    if (turn !== page.turn) return;
    page.form.refuse(error);
    byId("result").classList.add("stale");
    if (error.type === "network" || error.type === "not_ready") follow();
  } finally {
    clearTimeout(progress);
    if (turn === page.turn) busy(false);
  }
}

function busy(yes) {
  byId("predict").classList.toggle("busy", yes);
  byId("predict").textContent = yes ? "Predicting…" : "Predict";
  byId("result").setAttribute("aria-busy", String(yes));
}

/** Where the columns are stacked, the answer is below what was just touched. */
function bringIntoView() {
  const top = byId("result").getBoundingClientRect().top;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (top > innerHeight * 0.6) byId("result").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}

function refreshUsage() {
  if (page.form) put(byId("panel-api"), usageOf(page.status, page.form.peek()));
  byId("panel-api").hidden = byId("tab-api").getAttribute("aria-selected") !== "true";
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  predict(true);
});
byId("form").addEventListener("input", (event) => {
  // What happened next belongs to the example's own series and to no other.
  if (event.target.matches("textarea, [type=date], [type=file], .texts *, .table-editor *")) {
    page.chosen = null;
    page.mark(null);
  }
});
byId("form").addEventListener("change", (event) => {
  const quick = page.fastest < INSTANT_MS && event.target.matches("[type=range], select, [type=checkbox], [type=file], .series-chart");
  if (quick) predict(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && page.form) {
    event.preventDefault();
    byId("form").requestSubmit();
  }
});
byId("tab-api").addEventListener("click", refreshUsage);
byId("model-picker").addEventListener("change", (event) => {
  location.search = new URLSearchParams({ model: event.target.value });
});
addEventListener("error", (event) => showFault(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => showFault(event.reason));
wireTabs(document.querySelector('[role="tablist"]'));
onEvents({ step, changed: follow });
byId("panel-live").addEventListener("shown", () => watchLive(byId("panel-live"), () => page.status));
follow();
