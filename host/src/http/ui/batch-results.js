// A lot as it is worked off: progress with the time left, results as they come, what failed and why, and the files to keep.
// Knows a lot; asks nothing of the server itself.

import { download } from "./afterwards.js";
import { columnsFor, HEADS } from "./batch-outputs.js";
import { asCsv, asJsonLines } from "./batch-save.js";
import { h, prose, put } from "./dom.js";
import { duration, excerpt, number, plural } from "./format.js";

const PAGE = 200;
const EVERY_MS = 200;

/** The third step: begins at once. `columns` are those of the items that are shown. */
export function results(lot, { columns, restart }) {
  const { items } = lot;
  const many = (count) => plural(count, items.noun, items.noun === "series" ? "series" : undefined);
  const bar = h("progress", { max: items.count, value: 0, "aria-label": "Progress" });
  const count = h("p", { id: "batch-count" });
  const word = h("p", { class: "small", role: "status", id: "batch-word" });
  const actions = h("div", { class: "actions" });
  const failedOnly = h("input", { type: "checkbox", id: "batch-failed", change: () => { shown = PAGE; draw(true); } });
  const failures = h("span", {});
  const filter = h("label", { class: "toggle", hidden: true }, failedOnly, failures);
  const table = h("div", { class: "table-scroll tall", tabindex: "0", role: "region", "aria-label": "Results" });
  const more = h("button", { type: "button", class: "quiet-button", hidden: true, click: () => { shown += PAGE; draw(true); } });
  let shown = PAGE;
  let drawn = "";
  let timer = 0;
  let state = null;

  // Closing the page would lose what has no file yet.
  const guard = (event) => event.preventDefault();
  const run = async () => {
    addEventListener("beforeunload", guard);
    try {
      await lot.run(() => { timer ||= setTimeout(tell, EVERY_MS); });
    } finally {
      removeEventListener("beforeunload", guard);
      tell();
    }
  };
  const button = (text, id, click, kind = "quiet-button") => h("button", { type: "button", class: kind, id, click }, text);

  const act = () => {
    const had = actions.contains(document.activeElement);
    const running = lot.state === "running";
    const left = items.count - lot.done;
    const failed = lot.errors.size;
    put(actions,
      running ? button("Cancel", "batch-cancel", () => lot.stop()) : null,
      !running && left ? button(`Go on with ${many(left)}`, "batch-on", run, "primary") : null,
      !running && failed ? button(failed === 1 ? "Ask the failed one again" : `Ask the ${number(failed, 0)} failed again`, "batch-again", () => { lot.forgive(); run(); }) : null,
      !running && lot.done ? [
        button("Download CSV", "batch-csv", async () => download(`${lot.status.name}-results.csv`, "text/csv", await asCsv(lot))),
        button("Download JSON lines", "batch-jsonl", async () => download(`${lot.status.name}-results.jsonl`, "application/x-ndjson", await asJsonLines(lot)))] : null,
      !running ? button(items.noun === "picture" ? "Other pictures" : "Another file", "batch-restart", restart) : null);
    if (had) actions.querySelector("button")?.focus();
    const all = failed ? `${many(lot.done - failed)} answered, ${number(failed, 0)} failed.` : items.count === 1 ? `The one ${items.noun} is answered.` : `All ${many(items.count)} are answered.`;
    word.textContent = { running: "", done: all, stopped: `Cancelled. ${many(lot.done)} are kept.`, paused: `${lot.why} ${many(lot.done)} are kept; go on when it is back.` }[lot.state] ?? "";
  };

  const tell = () => {
    clearTimeout(timer);
    timer = 0;
    bar.value = lot.done;
    const waits = lot.state === "running" ? lot.until - performance.now() : 0;
    const rate = (lot.done - lot.began.done) / ((performance.now() - lot.began.at) / 1000);
    const pace = lot.state !== "running" || !(rate > 0) || lot.done === items.count ? null : `${number(rate, rate < 10 ? 1 : 0)} a second, about ${duration(Math.max(1, Math.round((items.count - lot.done) / rate)) * 1000)} left`;
    put(count, h("b", {}, `${number(lot.done, 0)} of ${many(items.count)}`),
      lot.errors.size ? h("span", { class: "failed" }, `${number(lot.errors.size, 0)} failed`) : null,
      waits > 0 ? h("span", {}, `The server is busy; going on in ${Math.ceil(waits / 1000)} s`) : pace ? h("span", {}, pace) : null);
    if (lot.state !== state) {
      state = lot.state;
      act();
    }
    filter.hidden = lot.errors.size === 0 && !failedOnly.checked;
    failures.textContent = `Only the failed (${number(lot.errors.size, 0)})`;
    draw(state !== "running");
  };

  const draw = (whole) => {
    const places = failedOnly.checked ? [...lot.errors.keys()].sort((a, b) => a - b).slice(0, shown) : Array.from({ length: Math.min(shown, items.count) }, (_, at) => at);
    const all = failedOnly.checked ? lot.errors.size : items.count;
    const key = `${places.length} ${places.filter((at) => lot.has(at)).length}`;
    if (!whole && key === drawn) return;
    drawn = key;
    const { kind, brief } = columnsFor(lot.status, lot.outputs.slice(0, shown).filter((one) => one !== undefined));
    const heads = HEADS[kind];
    put(table, h("table", { id: "batch-results" },
      h("caption", { class: "offscreen" }, "A result for each input"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "#"), columns.map((at) => h("th", { scope: "col", class: "words" }, items.header[at])), heads.map((head) => h("th", { scope: "col", class: "strong words" }, head)))),
      h("tbody", {}, places.map((at) => row(at, brief, heads.length)))));
    more.hidden = places.length >= all;
    more.textContent = `Show ${number(Math.min(PAGE, all - places.length), 0)} more of ${number(all, 0)}`;
  };

  const row = (at, brief, width) => {
    const error = lot.errors.get(at);
    const cells = items.cellsOf(at);
    return h("tr", { "data-row": at, class: error ? "failed" : null },
      h("th", { scope: "row" }, number(at + 1, 0)),
      columns.map((column) => h("td", { class: "words", dir: "auto" }, excerpt(cells[column] ?? "", 80))),
      error ? h("td", { class: "words error", colspan: width }, prose(error))
        : at in lot.outputs ? brief(lot.outputs[at]).map((text, index) => h("td", { class: index ? "words" : "words strong" }, text))
          : h("td", { class: "words quiet", colspan: width }, "–"));
  };

  run();
  tell();
  return h("div", { class: "batch-run" }, bar, count, word, actions, filter, table, more);
}
