// What the model is: data, licence, size, digests, signature, plugins, limits, and its card.
// Knows the status route's shape; a fact that is not given is left out.

import { copyButton, h } from "./dom.js";
import { evaluationOf } from "./evaluation.js";
import { bytes, duration, number } from "./format.js";
import { markdown } from "./markdown.js";

export function factsOf(model) {
  const card = model.card?.markdown?.trim();
  return [
    h("div", { class: "facts" },
      h("div", { class: "account" },
        evaluationOf(model.evaluation),
        card ? h("article", { class: "card", "aria-label": "Model card" }, markdown(card)) : null),
      h("section", { "aria-labelledby": "facts-heading" },
        h("h2", { id: "facts-heading" }, "Facts"),
        h("dl", {}, entries(model).map(([name, ...value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))))),
  ];
}

function entries(model) {
  const { evaluation, card, source, signature, limits, plugins } = model;
  const front = card?.front_matter ?? {};
  const window = evaluation?.training_window;
  return [
    evaluation?.dataset && ["Training data", evaluation.dataset],
    window?.length === 2 && ["Trained on", `${window[0]} to ${window[1]}`],
    evaluation?.licence && ["Data licence", evaluation.licence],
    (front.license ?? front.licence) && ["Model licence", String(front.license ?? front.licence)],
    citation(card) && ["Citation", copyButton(() => citation(card), "Copy BibTeX")],
    evaluation?.parameters && ["Parameters", number(evaluation.parameters, 0)],
    model.file && ["File", `${model.file}${model.bytes ? `, ${bytes(model.bytes)}` : ""}`],
    source && ["Source", source.repo ? `${source.repo} at ${source.requested_revision ?? "main"}` : source.path],
    model.version && ["Version", h("code", {}, model.version.id)],
    model.revision && ["Revision", digest(model.revision)],
    model.sha256 && ["SHA-256", digest(model.sha256)],
    signature && ["Inputs", tensors(signature.inputs)],
    signature && ["Outputs", tensors(signature.outputs)],
    plugins?.preprocess && ["Preprocess", plugin(plugins.preprocess)],
    plugins?.postprocess && ["Postprocess", plugin(plugins.postprocess)],
    limits && ["Limits", limitsOf(limits)],
    model.load_ms !== null && model.load_ms !== undefined && ["Loaded in", duration(model.load_ms)],
  ].filter(Boolean);
}

/** The first twelve digits, all of them on hover and for the clipboard. */
function digest(text) {
  return h("span", { class: "digest" }, h("code", { title: text }, text.slice(0, 12)), copyButton(() => text));
}

const tensors = (list) => h("ul", { class: "tensors" }, list.map(({ name, dtype, shape }) => h("li", {}, h("code", {}, `${name}: ${dtype} [${shape.join(", ")}]`))));

const plugin = ({ name, sha256, limits }) => h("span", {}, name, sha256 ? [" ", digest(sha256)] : null, h("span", { class: "small" }, ["WebAssembly in a sandbox",
  limits && `${duration(limits.deadline_ms)} and ${bytes(limits.memory_bytes)} a call`].filter(Boolean).join(", ")));

const citation = (card) => /^```bibtex\s*\n([\s\S]*?)^```/m.exec(card?.markdown ?? "")?.[1].trim();

const limitsOf = (limits) => [
  limits.deadline_ms && `an answer within ${duration(limits.deadline_ms)}`,
  limits.queue && `${number(limits.queue, 0)} waiting requests`,
  limits.body_bytes && `${bytes(limits.body_bytes)} a request`,
].filter(Boolean).join(", ");
