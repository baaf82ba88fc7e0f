// One control for one field: the kind's own input in the frame that all have.
// Knows which kinds there are; knows nothing of requests or of other fields.

import { orJson } from "./fallback.js";
import { sentence } from "./format.js";
import { frame } from "./frame.js";
import { imageInput } from "./image-field.js";
import { SIMPLE } from "./inputs.js";
import { sentencesInput } from "./sentences-field.js";
import { seriesInput } from "./series-field.js";
import { tableInput } from "./table-field.js";
import { textsInput } from "./texts-field.js";

const INPUTS = {
  ...SIMPLE,
  series: seriesInput,
  texts: orJson(textsInput),
  sentences: orJson(sentencesInput),
  image: orJson(imageInput),
  table: orJson(tableInput),
};

/** {spec, context, element, target, read, peek, write, refuse} and what a kind adds; read gives undefined where nothing was entered. */
export function control(spec, context) {
  const id = `f${spec.pointer.replace(/[^\w]+/g, "-")}`;
  const input = INPUTS[spec.kind](spec, id, context);
  const { element, refuse } = frame(spec, id, input);
  element.addEventListener("input", () => {
    refuse(null);
    delete element.dataset.borrowed;
  });
  element.addEventListener("unreadable", ({ detail }) => refuse(sentence(detail)));
  return { spec, context, element, refuse, get target() { return input.target; }, read: input.read, peek: input.peek, write: input.write, join: input.join, refresh: input.refresh };
}
