// How the model is doing now: requests, times, what waits, and which versions there were.
// Knows the live route's shape; asks only while it is looked at.

import { live } from "./api.js";
import { h, put } from "./dom.js";
import { duration, number } from "./format.js";
import { historyOf } from "./history.js";
import { sparkline } from "./sparkline.js";

const EVERY_MS = 2000;
const SHOWN = 90;

let medians = [];
let timer = 0;

/** Keeps `panel` up to date until it is hidden; `status` gives the model that the page shows. */
export function watchLive(panel, status) {
  clearTimeout(timer);
  const look = async () => {
    if (panel.hidden) return;
    if (!document.hidden) await show(panel, status());
    timer = setTimeout(look, EVERY_MS);
  };
  look();
}

async function show(panel, model) {
  let now;
  try {
    now = await live(model.name);
  } catch (error) {
    put(panel, h("p", { class: "quiet" }, error.message));
    return;
  }
  if (now.p50_ms !== null) medians = [...medians, now.p50_ms].slice(-SHOWN);
  put(panel, h("div", { class: "live" },
    h("section", { "aria-labelledby": "live-heading" },
      h("h2", { id: "live-heading" }, "Now"),
      h("dl", { class: "gauges" }, gauges(now).map(([name, value, bad]) => h("div", {},
        h("dt", {}, name), h("dd", { class: bad ? "bad" : null }, value)))),
      h("p", { class: "small" }, now.timed ? `Times are of the last ${number(now.timed, 0)} answers, from the first byte of a request to the last of its answer on the server.` : "No request has been answered since the server started.")),
    medians.length > 1 ? h("section", {},
      h("h2", {}, "Median, while you look"), sparkline(medians)) : null,
    historyOf(model)));
}

function gauges({ answered, refused, failed, p50_ms: p50, p99_ms: p99, waiting, queue }) {
  const time = (ms) => (ms === null ? "–" : duration(ms));
  return [
    ["Answered", number(answered, 0)],
    ["Median", time(p50)],
    ["99 % within", time(p99)],
    ["Waiting", `${number(waiting, 0)} of ${number(queue, 0)}`],
    ["Refused input", number(refused, 0)],
    ["Failed", number(failed, 0), failed > 0],
  ];
}
