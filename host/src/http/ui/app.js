// The page's one flow: ask for the model, build the form, predict, show. Everything else is called from here.
// Knows the order of things; what they look like is in the modules.

import * as api from "./api.js";
import { asking } from "./asking.js";
import { byId, h, put } from "./dom.js";
import { onEvents } from "./events.js";
import { showExamples } from "./examples.js";
import { factsOf } from "./facts.js";
import { buildForm } from "./form.js";
import { showFault, showHeader, showOffline } from "./header.js";
import { forgetLink, readLink } from "./link.js";
import { watchLive } from "./live.js";
import { onAgain } from "./runs.js";
import { wireTabs } from "./tabs.js";
import { usageOf } from "./usage.js";

const POLL_MS = 1000;
const INSTANT_MS = 100;

const page = { status: null, around: [[], []], form: null, built: null, cards: null, mark: () => {}, chosen: null, origin: null, base: null, fastest: Infinity, timer: 0 };

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
  // Below the first screen: it can wait until that is painted.
  setTimeout(() => fill("about", factsOf(status)));
  byId("facts").hidden = false;
  byId("workspace").hidden = false;
  const isFirst = page.form === null;
  const shape = JSON.stringify([status.name, status.request_schema]);
  if (shape !== page.built) {
    page.built = shape;
    page.form = buildForm(status, page.form);
    if (page.form.lost.length) remark(`The model changed, and with it this form. What you typed is kept, except for ${page.form.lost.join(", ")}, which the new one does not take.`);
  }
  const cards = JSON.stringify(status.examples);
  if (cards !== page.cards) {
    page.cards = cards;
    page.mark = showExamples(status, (example) => choose(example, true));
    page.chosen = (status.examples ?? []).find((one) => JSON.stringify(one) === JSON.stringify(page.chosen)) ?? null;
    page.mark(page.chosen);
  }
  refreshUsage();
  if (isFirst && !(await restore()) && status.examples?.length) await choose(status.examples[0], false);
}

function choose(example, asked) {
  page.form.write(example.request);
  Object.assign(page, { origin: example, base: page.form.peek() });
  mark(example);
  if (asked) forgetLink();
  return predict(asked);
}

function mark(example) {
  page.chosen = example;
  page.mark(example);
}

/** Writes the inputs that the address holds into the form, and predicts; false where it holds none that can be read. */
async function restore() {
  let linked;
  try {
    linked = await readLink(location.hash);
  } catch (error) {
    remark(error.message);
  }
  if (!linked) return false;
  const unfit = page.form.write(linked);
  mark(null);
  page.origin = null;
  const told = [unfit.length ? `This form has no place for the link’s ${unfit.join(", ")}.` : null, linked.inputs === undefined ? "The link came without its picture; choose one, then press Predict." : null];
  remark(told.filter(Boolean).join(" "));
  if (linked.inputs !== undefined) await predict(false);
  return true;
}

function remark(text) {
  put(byId("remark"), text ? h("p", {}, text) : null);
}

/** Fetched when it is first wanted: few visitors have a file. */
async function openBatch() {
  if (!page.form) return;
  const { showBatch } = await import("./batch.js");
  showBatch(page);
}

const predict = asking(page, { sent: refreshUsage, lost: follow });

function refreshUsage() {
  if (page.form && isOpen("api")) fill("api", usageOf(page.status, page.form.peek()));
}

const isOpen = (tab) => byId(`tab-${tab}`).getAttribute("aria-selected") === "true";

function fill(tab, content) {
  put(byId(`panel-${tab}`), content);
  byId(`panel-${tab}`).hidden = !isOpen(tab);
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  remark(null);
  predict(true);
});
byId("form").addEventListener("input", (event) => {
  forgetLink();
  // What happened next belongs to the example's own series and to no other.
  if (event.target.matches("textarea, [type=date], [type=file], .texts *, .table-editor *")) {
    mark(null);
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
byId("panel-api").addEventListener("shown", refreshUsage);
byId("to-batch").addEventListener("click", () => {
  byId("tab-batch").click();
  byId("tab-batch").focus();
  byId("facts").scrollIntoView({ block: "start" });
});
byId("model-picker").addEventListener("change", (event) => {
  location.search = new URLSearchParams({ model: event.target.value });
});
addEventListener("hashchange", () => { if (page.form) restore(); });
addEventListener("error", (event) => showFault(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => showFault(event.reason));
wireTabs(document.querySelector('[role="tablist"]'));
onAgain(({ request, example, origin, base }) => {
  page.form.write(request);
  Object.assign(page, { origin, base });
  mark(example);
  forgetLink();
  predict(true);
});
onEvents({ step, changed: follow });
byId("panel-live").addEventListener("shown", () => watchLive(byId("panel-live"), () => page.status));
byId("panel-batch").addEventListener("shown", openBatch);
follow();
