// What is under an answer: its time by stage, what answered, and downloads.
// Knows an answer's envelope; knows nothing of what it says.

import { h, s } from "./dom.js";
import { duration, humanise } from "./format.js";

/** `saves` are [ending, media type, content] beside the JSON, which is always there; `beside` are further buttons. */
export function afterwards(status, answer, saves, beside) {
  const save = (kind, type, content) => h("button", {
    type: "button", class: "quiet-button", id: `download-${kind}`,
    click: async () => download(`${status.name}.${kind}`, type, await content()),
  }, `Download ${kind.toUpperCase()}`);
  return h("div", { class: "afterwards" },
    timing(answer, status.bare),
    h("div", { class: "actions" },
      beside,
      saves.map((one) => save(...one)),
      save("json", "application/json", () => `${JSON.stringify(answer.body, null, 2)}\n`)));
}

/** A bar of the stages with their times written out. */
function timing({ stages, roundTripMs, by }, isBare) {
  const total = stages.find(({ name }) => name === "total");
  const parts = stages.filter(({ name }) => name !== "total");
  const whole = total?.ms ?? parts.reduce((sum, { ms }) => sum + ms, 0);
  if (!(whole > 0)) return h("p", { class: "timing", id: "timing" }, `Answered in ${duration(roundTripMs)}`);
  let from = 0;
  const bars = parts.map(({ ms }, at) => {
    const bar = s("rect", { x: from, y: 0, width: Math.max(0.5, (ms / whole) * 100 - 0.6), height: 6, class: `stage-${at % 3}` });
    from += (ms / whole) * 100;
    return bar;
  });
  return h("div", { class: "timing", id: "timing" },
    s("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" }, bars),
    h("p", {},
      h("span", {}, h("b", {}, duration(whole)), " on the server"),
      parts.map(({ name, ms }, at) => h("span", { class: `stage stage-${at % 3}` }, `${humanise(name)} ${duration(ms)}`)),
      h("span", { class: "stage" }, `${duration(roundTripMs)} to this page`),
      isBare ? answeredBy(by) : null));
}

/** Which model answered, where the body does not say it. */
function answeredBy({ revision, sha256 }) {
  if (!sha256) return null;
  const [name, digest] = revision ? ["revision", revision] : ["SHA-256", sha256];
  return h("span", { class: "stage" }, `${name} `, h("code", { title: digest }, digest.slice(0, 8)));
}

/** Saves a text, a blob, or a list of either as one file. */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content].flat(), { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
