// The moments between a question and its answer: progress, the way out, and the countdown to asking again.
// Knows the bar that Predict stands in; knows nothing of requests or answers.

import { byId, h, put } from "./dom.js";

const PROGRESS_AFTER_MS = 200;

/** {begin, end, countdown}: `leave` is called when the visitor does not want to wait, `again` when the time has come. */
export function waiting({ leave, again }) {
  let timer = 0;
  let waits = false;

  const show = (text, way, ...told) => {
    byId("predict").classList.toggle("busy", text === "Predicting…");
    byId("predict").textContent = text;
    byId("cancel").hidden = way === null;
    byId("cancel").firstChild.data = way ?? "";
    put(byId("waiting"), told);
    byId("result").setAttribute("aria-busy", String(text === "Predicting…"));
  };
  const rest = (...told) => {
    clearTimeout(timer);
    waits = false;
    show("Predict", null, ...told);
  };
  const stop = () => {
    if (!waits) return;
    rest("Cancelled. Your inputs are kept.");
    leave();
  };
  byId("cancel").addEventListener("click", () => {
    stop();
    byId("predict").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !waits) return;
    event.preventDefault();
    stop();
  });

  return {
    begin: () => {
      clearTimeout(timer);
      waits = true;
      put(byId("waiting"));
      timer = setTimeout(() => show("Predicting…", "Cancel"), PROGRESS_AFTER_MS);
    },
    end: () => rest(),
    /** Counts down in view only: spoken every second it would never be quiet, and the alert has said it once. */
    countdown: (seconds) => {
      clearTimeout(timer);
      waits = true;
      const tick = (left) => {
        if (left <= 0) {
          again();
          return;
        }
        show("Predict now", "Stop", h("span", { "aria-hidden": "true" }, `Again in ${left} s`));
        timer = setTimeout(() => tick(left - 1), 1000);
      };
      tick(Math.ceil(seconds));
    },
  };
}
