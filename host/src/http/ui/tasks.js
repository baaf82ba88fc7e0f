// What each task takes and gives: the control for its inputs, the renderer of its answer, where the answer lies. Pure.
// Knows tasks and the hints `x-ui`; knows nothing of elements.

import { resolve, typesOf } from "./types.js";

const TASKS = {
  "feature-extraction": { inputs: "texts", renderer: "vector" },
  "sentence-similarity": { inputs: "similarity", renderer: "similarity" },
  "text-classification": { inputs: "texts", renderer: "labels" },
  "token-classification": { inputs: "texts", renderer: "entities" },
  "image-classification": { inputs: "image", renderer: "labels" },
  "tabular-classification": { inputs: "table", renderer: "table" },
  "tabular-regression": { inputs: "table", renderer: "table" },
  "time-series-forecasting": { inputs: null, renderer: "forecast" },
};
const WIDGETS = { textarea: "texts", image: "image", table: "table" };

/** The control for the whole of `inputs`, or null where the schema's own fields make the form. */
export function inputsKind(model, schema) {
  const wanted = model.task in TASKS ? TASKS[model.task].inputs : WIDGETS[schema["x-ui"]?.widget];
  const types = typesOf(schema);
  const fits = {
    texts: () => types.length === 0 || types.includes("string") || Boolean(schema.properties?.text && schema.properties.text_pair),
    image: () => types.length === 0 || types.includes("string"),
    table: () => Object.keys(schema.properties ?? {}).length > 0,
    similarity: () => types.length === 0 || types.includes("object"),
  }[wanted];
  return fits?.() ? wanted : null;
}

/** The renderer that the task asks for, else the one that the schema hints at, else null. */
export function rendererOf(model) {
  const schema = outputsSchema(model);
  const hint = schema["x-ui"]?.renderer ?? schema["x-ui"]?.widget;
  return TASKS[model.task]?.renderer ?? hint ?? null;
}

/** What the response schema says of the answer itself. */
export function outputsSchema(model) {
  const root = model.response_schema ?? {};
  return resolve(model.bare ? root : root.properties?.outputs, root);
}

/** The answer itself: the whole body of a task that Hugging Face has, a field of it for all others. */
export const outputsOf = (model, body) => (model.bare ? body : body?.outputs ?? body);

/** The two fields of a comparison, whatever else the schema of `inputs` takes. */
export function similarityFields(schema) {
  const own = schema.properties ?? {};
  return {
    source_sentence: { type: "string", title: "Source sentence", ...own.source_sentence, "x-ui": { widget: "textarea" } },
    sentences: { type: "array", items: { type: "string" }, title: "Sentences to compare with it", ...own.sentences, "x-ui": { widget: "sentences" } },
  };
}
