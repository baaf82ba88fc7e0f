// The form: controls from the request schema, the request they make, refusals at their field.
// Knows nothing of the server or of results.

import { canonical } from "./body.js";
import { attempt, carry, isSame } from "./carry.js";
import { dropBorrowed, joinCompanions } from "./companions.js";
import { byId, h, prose, put } from "./dom.js";
import { control } from "./fields.js";
import { humanise, sentence, stepNoun } from "./format.js";
import { describe, frequencyOf } from "./schema.js";

const GROUPS = { past: "Known values beside the history", future: "Plans for the days ahead" };

/** Builds the form of a model; {read, peek, write, refuse}. What was typed in the form before it stays; `lost` names what does not fit. */
export function buildForm(model, former = null) {
  const frequency = frequencyOf(model);
  const context = {
    frequency, noun: stepNoun(frequency),
    mediaTypes: model.media_types ?? [], bodyBytes: model.limits?.body_bytes,
    pairs: (model.examples ?? []).some(({ request }) => canonical(request).inputs?.text_pair !== undefined),
  };
  const controls = describe(model).map((spec) => former?.controls.find((one) => isSame(one, spec, context)) ?? control(spec, context));
  const lost = former ? carry(former.controls.filter((one) => !controls.includes(one)), controls, given) : [];
  const fold = foldOf(controls, model.bare);
  const shown = controls.filter((one) => !isFolded(one.spec)).map((one) => one.element);
  const focused = document.activeElement;
  if (fold) fold.element.open = byId("fields").querySelector(".fold")?.open === true;
  put(byId("fields"), shown, fold?.element);
  if (!focused?.isConnected || byId("fields").contains(focused)) byId(focused.id)?.focus({ preventScroll: true });
  joinCompanions(controls);

  const clear = () => {
    controls.forEach((one) => one.refuse(null));
    put(byId("form-alert"));
  };

  /** The request, or null after the fields that cannot be read have said so. */
  const read = () => {
    clear();
    if (dropBorrowed(controls)) fold?.tell("cleared with the series they came with");
    const { request, unreadable } = gather(controls, model.bare);
    const places = unreadable.map(([one, error]) => one.refuse(sentence(error.message), error.at));
    if (unreadable.length === 0) return request;
    reveal(unreadable[0][0], places[0]);
    return null;
  };
  /** What can be read of the request, without a word to the visitor. */
  const peek = () => gather(controls, model.bare).request;

  /** Writes what it can, and returns the titles of the fields that have no place for what they were given. */
  const write = (written) => {
    clear();
    const request = canonical(written);
    // Fields inside `inputs` are those of one item; a field that is `inputs` takes a list as it is.
    const inner = controls.some(({ spec }) => spec.path[0] === "inputs" && spec.path.length > 1);
    const inputs = inner && Array.isArray(request.inputs) ? request.inputs[0] : request.inputs;
    const unfit = [];
    for (const one of controls) {
      if (!attempt(one, one.spec.path.reduce((node, key) => node?.[key], { ...request, inputs }))) unfit.push(one.spec.title);
      if (one.spec.group) one.element.dataset.borrowed = Array.isArray(inputs?.series) ? inputs.series.length : "";
    }
    controls.forEach((one) => one.refresh?.());
    if (fold) fold.element.open = false;
    fold?.tell();
    return unfit;
  };

  /** Shows a refusal at the field it names, else at the top of the form. */
  const refuse = (refusal) => {
    const named = refusal.field?.replace(/^\/inputs\/\d+(?=\/|$)/, "/inputs");
    const fits = ({ spec }) => named === spec.pointer || named?.startsWith(`${spec.pointer}/`);
    // A missing field is named in the message, while the pointer stops at the object that lacks it.
    const lacks = ({ spec }) => named && spec.pointer.startsWith(`${named}/`) && refusal.message.includes(`\`${spec.path.at(-1)}\``);
    const one = controls.find(fits) ?? controls.find(lacks) ?? loneOf(controls, refusal);
    if (one) {
      reveal(one, one.refuse(refusal.message, refusal.field));
      return;
    }
    const advice = refusal.advice;
    put(byId("form-alert"), h("p", {}, prose(refusal.message)), advice ? h("p", { class: "advice" }, advice) : null);
    byId("form-alert").scrollIntoView({ block: "nearest" });
  };

  return { read, peek, write, refuse, controls, lost };
}

const isFolded = (spec) => spec.group !== null || spec.advanced;

/** Covariates and advanced fields, folded away, with a count of what is filled in. */
function foldOf(controls, sparing) {
  const folded = controls.filter((one) => isFolded(one.spec));
  if (folded.length === 0) return null;
  const groups = Map.groupBy(folded, (one) => one.spec.group ?? "advanced");
  const count = h("span", { class: "optional" });
  const names = [...new Set(folded.map((one) => one.spec.title.toLowerCase()))].slice(0, 4).join(", ");
  const tell = (note = null) => {
    const filled = folded.filter((one) => { try { return given(one, sparing) !== undefined; } catch { return true; } }).length;
    count.textContent = filled ? `${filled} given` : note ?? "optional";
  };
  const fold = h("details", { class: "fold", input: () => tell(), toggle: () => tell() },
    h("summary", {}, h("span", {}, `More inputs: ${names}`), count),
    [...groups].map(([name, members]) => h("fieldset", {}, h("legend", {}, GROUPS[name] ?? humanise(name)),
      h("div", { class: "pair" }, members.map((one) => one.element)))));
  tell();
  return { element: fold, tell };
}

/** What a field adds to the request; where `sparing`, a parameter that has its default goes without saying. */
function given({ read, spec }, sparing) {
  const value = read();
  const isDefault = spec.path[0] === "parameters" && JSON.stringify(value) === JSON.stringify(spec.schema.default);
  return sparing && isDefault ? undefined : value;
}

function gather(controls, sparing) {
  const request = {};
  const unreadable = [];
  for (const one of controls) {
    try {
      place(request, one.spec.path, given(one, sparing));
    } catch (error) {
      unreadable.push([one, error]);
    }
  }
  return { request, unreadable };
}

/** What is wrong with a body that names no field is wrong with the only field that it has. */
function loneOf(controls, { type, field }) {
  const [one, ...others] = controls.filter(({ spec }) => spec.path[0] === "inputs");
  const meant = !field && ["invalid_input", "malformed", "unsupported_media_type"].includes(type);
  return meant && others.length === 0 ? one : null;
}

/** Puts a value at its path, making the objects on the way; undefined leaves no trace. */
function place(request, path, value) {
  if (value === undefined) return;
  const parent = path.slice(0, -1).reduce((node, key) => (node[key] ??= {}), request);
  parent[path.at(-1)] = value;
}

/** Opens what hides a field and takes the visitor there. */
function reveal(one, target) {
  const fold = one.element.closest("details");
  if (fold) fold.open = true;
  (target ?? one.target).focus({ preventScroll: true });
  one.element.scrollIntoView({ block: "nearest" });
}
