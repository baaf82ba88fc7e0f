// The top of the page: title, description, state, and the picker when there are several models.
// Knows the status route's shapes; asks for nothing itself.

import { byId, h, prose, put } from "./dom.js";
import { humanise, sentence } from "./format.js";

const NAMES = { ready: "Ready", loading: "Loading", swapping: "Swapping", refused: "Ready, update not taken", failed: "Not loaded", offline: "No connection" };

export function showHeader(model, models, problems = []) {
  const title = model.title ?? model.name;
  document.title = title;
  byId("title").textContent = title;
  put(byId("description"), model.description ? prose(model.description) : null);
  const beside = [title === model.name ? null : model.name, model.task ? humanise(model.task) : null];
  put(byId("eyebrow"), beside.map((one) => (one ? h("span", {}, one) : null)));
  const state = stateOf(model, problems);
  showPill(state, shareOf(state, model));
  showNotice(model, problems);
  const picker = byId("picker");
  picker.hidden = models.length < 2;
  byId("model-picker").replaceChildren(...models.map((one) => h("option", { value: one.name, selected: one.name === model.name },
    `${one.title ?? one.name}${one.state === "ready" ? "" : ` (${NAMES[one.state]?.toLowerCase() ?? one.state})`}`)));
}

/** Called when the server does not answer; what the page shows is kept. */
export function showOffline(refusal) {
  showPill("offline");
  put(byId("notice"), h("p", {}, prose(refusal.message)), h("p", { class: "advice" }, "This page tries again by itself."));
  byId("notice").dataset.state = "failed";
}

/** Called when the page itself is at fault, so that it never stops without a word. */
export function showFault(error) {
  put(byId("notice"), h("p", {}, `This page met an error of its own: ${error?.message ?? error}`), h("p", { class: "advice" }, "Reload it, and tell the operator if it stays."));
  byId("notice").dataset.state = "failed";
}

function showPill(state, detail = null) {
  const pill = byId("status");
  const text = detail ?? NAMES[state] ?? humanise(state);
  pill.dataset.state = state;
  if (pill.textContent !== text) pill.textContent = text;
}

/** The server's state, and what goes on behind a model that answers. */
function stateOf({ state, stage, error }, problems) {
  if (state !== "ready") return state;
  if (stage) return "swapping";
  return error || problems.length ? "refused" : "ready";
}

function shareOf(state, { stage }) {
  const share = /(\d+)\s*%/.exec(stage ?? "");
  return ["loading", "swapping"].includes(state) && share ? `${NAMES[state]} ${share[1]} %` : null;
}

/** What stands in the way of predicting, or of a newer version, where something does. */
function showNotice(model, problems) {
  const { state, stage, error, retry_in_s: retry } = model;
  const notice = byId("notice");
  notice.dataset.state = state;
  if (state === "ready") {
    const news = newsOf(model, problems);
    notice.dataset.state = error || problems.length ? "refused" : "ready";
    put(notice, ...news);
    return;
  }
  if (state === "failed") {
    const when = retry ? `The server tries again in ${retry} s.` : "The server tries again by itself.";
    put(notice, h("h2", {}, "The model could not be loaded"), h("p", {}, prose(sentence(error ?? "no reason was given"))), h("p", { class: "advice" }, when));
    return;
  }
  const share = Number(/(\d+)\s*%/.exec(stage ?? "")?.[1] ?? NaN);
  put(notice,
    h("h2", {}, "The model is loading"),
    h("p", {}, stage ? sentence(stage) : "The form appears as soon as it is ready."),
    h("progress", Number.isFinite(share) ? { max: 100, value: share, "aria-label": "Loading" } : { "aria-label": "Loading" }));
}

/** What is going on beside the version that answers. */
function newsOf({ error, stage, trial, retry_in_s: retry }, problems) {
  if (error) {
    const when = retry ? `It is tried again in ${retry} s, and at once when the manifest changes.` : "It is tried again when the manifest changes.";
    return [h("h2", {}, "The last change was not taken"), h("p", {}, prose(sentence(error))), h("p", { class: "advice" }, `The version before it answers on. ${when}`)];
  }
  if (problems.length) {
    return [h("h2", {}, "A manifest is not read"), ...problems.map((problem) => h("p", {}, prose(sentence(problem.error)))), h("p", { class: "advice" }, "The models shown here are not touched by it.")];
  }
  if (trial?.shadow) {
    return [h("p", {}, `A new version sees the requests and answers nobody: ${trial.shadow.compared} answers compared, largest difference ${trial.shadow.largest_difference.toPrecision(3)}.`)];
  }
  if (trial) {
    return [h("p", {}, `A new version is on trial: it answers ${trial.canary_percent} % of the requests, for ${trial.remaining_s} s more.`)];
  }
  return stage ? [h("p", {}, `A new version is loading: ${sentence(stage)}`)] : [];
}
