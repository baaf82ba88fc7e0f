// One question at a time: sends the form, shows the answer, and asks again when the server has no time.
// Knows the form and the result; knows nothing of examples or of the model's state.

import * as api from "./api.js";
import { byId, put } from "./dom.js";
import { askForKey } from "./key.js";
import { showRun } from "./runs.js";
import { waiting } from "./waiting.js";

const PATIENCE_S = 15;
const LONGEST_WAIT_S = 60;
const BUSY = ["overloaded", "rate_limited", "not_ready"];

/** A function that predicts; `page` is what the page has at that moment, `sent` and `lost` are called with what happened. */
export function asking(page, { sent, lost }) {
  let turn = 0;
  let refusals = 0;
  let running = null;
  let wanted = false;
  const wait = waiting({ leave: () => running?.abort(), again: () => {
    wait.end();
    predict(wanted);
  } });

  /** Only the last of several questions is answered: a newer one takes the place of the older. */
  async function predict(asked) {
    const request = page.form.read();
    if (!request) return;
    sent();
    running?.abort();
    running = new AbortController();
    const mine = ++turn;
    wanted = asked;
    wait.begin();
    try {
      const answer = await api.predict(page.status, request, running.signal);
      performance.mark("answered");
      if (mine !== turn) return;
      wait.end();
      refusals = 0;
      page.fastest = answer.roundTripMs;
      shown(request, answer);
      if (asked) bringIntoView();
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      if (mine === turn) refused(error);
    }
  }

  function shown(request, answer) {
    byId("result").classList.remove("stale");
    const { status, chosen, origin, base } = page;
    const headline = showRun({ status, request, answer, example: chosen, origin, base });
    byId("result").dataset.answer = String(turn);
    put(byId("glance"), headline);
  }

  function refused(error) {
    byId("result").classList.add("stale");
    if (error.type === "cancelled") return;
    wait.end();
    if (error.type === "unauthorized") {
      askForKey(error);
      return;
    }
    page.form.refuse(error);
    if (BUSY.includes(error.type) && (error.retryAfter ?? 0) <= LONGEST_WAIT_S) wait.countdown(Math.max(error.retryAfter ?? 2, Math.min(PATIENCE_S, refusals++)));
    if (error.type === "network" || error.type === "not_ready") lost();
  }

  return predict;
}

/** Where the columns are stacked, the answer is below what was just touched. */
function bringIntoView() {
  const top = byId("result").getBoundingClientRect().top;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (top > innerHeight * 0.6) byId("result").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}
