// Many at once: a file is chosen, what its columns mean is agreed on, and each row is asked about.
// Knows the order of the three steps; each is in a module of its own.

import { download } from "./afterwards.js";
import { MOST_BYTES, MOST_ROWS, readRows } from "./batch-file.js";
import { mapping } from "./batch-mapping.js";
import { results } from "./batch-results.js";
import { Lot } from "./batch-run.js";
import { sampleOf } from "./batch-sample.js";
import { batchTask } from "./batch-task.js";
import { byId, h, put } from "./dom.js";
import { number } from "./format.js";

// A vector is a thousand times as large as a label, and all of them are in memory until they are saved.
const MOST_VECTORS = 20_000;

const ASKS = {
  texts: ({ roles }) => (roles[1].optional ? "A CSV with a text in each row, a file of plain lines, or JSON lines." : "A CSV with the two texts of a pair in each row, or JSON lines."),
  similarity: () => "A CSV with two texts to compare in each row, or JSON lines.",
  table: ({ roles }) => `A CSV with these columns, under these names or others: ${roles.map(({ title }) => title).join(", ")}. JSON lines are read too.`,
  series: () => "A CSV with a row for each date: the date, the value and, where there are several series, the name of each. Or JSON lines, one request’s inputs on each.",
  pictures: () => "Several pictures, each asked about by itself.",
  inputs: () => "JSON lines: on each what the inputs of a request are.",
};
const ENDINGS = { pictures: "image/*", inputs: ".jsonl,.ndjson,.json" };

/** Shows the first step; `page` has the model's status and the form, whose parameters go for all rows. */
export function showBatch(page) {
  const panel = byId("panel-batch");
  if (panel.childElementCount) return;
  let lot = null;
  const step = h("div", { class: "batch" });
  const word = h("p", { class: "error", role: "alert", hidden: true });
  const say = (text) => put(word, text);

  const begin = () => {
    const task = batchTask(page.status);
    const isPictures = task.kind === "pictures";
    const sample = sampleOf(task, page.status);
    const input = h("input", { type: "file", id: "batch-file", class: "offscreen", multiple: isPictures, accept: ENDINGS[task.kind] ?? ".csv,.tsv,.txt,.jsonl,.ndjson,.json", change: () => take(task, [...input.files]) });
    put(step, h("div", { class: "drop batch-drop" }, input,
      h("p", {}, isPictures ? "Drop pictures here" : "Drop a file here"),
      h("div", { class: "actions" }, h("label", { class: "quiet-button", for: "batch-file" }, isPictures ? "Choose pictures" : "Choose a file"),
        sample ? h("button", { type: "button", class: "quiet-button", id: "batch-sample", click: () => download(`${page.status.name}-sample.csv`, "text/csv", sample) }, "Save a sample") : null),
      h("p", { class: "small" }, ASKS[task.kind](task)),
      h("p", { class: "small" }, `${isPictures ? "" : `Up to ${number(mostOf(page.status), 0)} rows and ${MOST_BYTES / 1e6} MB. `}${isPictures ? "They are" : "The file is"} read in this browser and sent in small requests; what has been answered is kept when you cancel.`)));
    return input;
  };
  const restart = () => {
    say(null);
    begin().focus();
  };

  const take = async (task, files) => {
    if (files.length === 0) return;
    say(null);
    put(step, h("p", { role: "status" }, "Reading the file…"));
    try {
      const source = task.kind === "pictures" && !/\.(jsonl|ndjson|json)$/i.test(files[0].name) ? { files, name: files[0].name, note: "" } : await readRows(files[0], mostOf(page.status));
      const parameters = page.form.peek().parameters;
      put(step, mapping({ task, source, parameters, restart, go: (items, columns) => run(items, columns) }));
      step.querySelector(".primary").focus({ preventScroll: true });
    } catch (error) {
      begin();
      say(error.message);
    }
  };

  const run = (items, columns) => {
    lot = new Lot(page.status, items);
    put(step, results(lot, { columns, restart }));
  };

  panel.addEventListener("dragover", (event) => {
    event.preventDefault();
    step.firstElementChild?.classList.toggle("over", true);
  });
  panel.addEventListener("dragleave", () => step.firstElementChild?.classList.remove("over"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    step.firstElementChild?.classList.remove("over");
    if (lot?.state !== "running") take(batchTask(page.status), [...event.dataTransfer.files]);
  });
  begin();
  panel.replaceChildren(step, word);
}

const mostOf = ({ task }) => (task === "feature-extraction" ? MOST_VECTORS : MOST_ROWS);
