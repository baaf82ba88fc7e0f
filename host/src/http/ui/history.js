// What was tried to change what answers: each attempt with its time, its outcome and why it came to nothing.
// Knows the status route's shape; asks for nothing itself.

import { h, prose } from "./dom.js";
import { plural, sentence } from "./format.js";

const RESULTS = {
  ok: "Live",
  trial: "On trial",
  promoted: "Promoted",
  rolled_back: "Rolled back",
  failed: "Not taken",
  invalid: "Manifest not read",
};
const SHOWN = 8;

export function historyOf({ attempts, version, previous }) {
  if (!attempts?.length) return null;
  return h("section", { "aria-labelledby": "history-heading" },
    h("h2", { id: "history-heading" }, "Versions"),
    h("ol", { class: "history" }, attempts.slice(0, SHOWN).map((attempt) => h("li", { "data-result": attempt.result },
      h("span", { class: "outcome" }, RESULTS[attempt.result] ?? attempt.result),
      attempt.version ? h("code", {}, attempt.version) : null,
      h("time", { datetime: new Date(attempt.at * 1000).toISOString() }, new Date(attempt.at * 1000).toLocaleString()),
      attempt.version && attempt.version === version?.id ? h("span", { class: "small" }, `answers now${gateOf(version)}`) : null,
      attempt.version && attempt.version === previous?.id ? h("span", { class: "small" }, "kept, to go back to") : null,
      attempt.reason ? h("p", { class: "small" }, prose(sentence(attempt.reason))) : null))));
}

/** What it had to answer before it was let in. */
function gateOf({ gate }) {
  if (!gate?.length) return "";
  const compared = gate.filter((one) => one.compared).length;
  return `, let in by ${plural(gate.length, "example")}${compared ? `, ${compared} of known answer` : ""}`;
}
