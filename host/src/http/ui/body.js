// How a request goes over the wire: as JSON, or as a picture's own bytes where nothing is said beside it. Pure.
// Knows what a model reads; sends nothing.

import { Picture } from "./picture.js";

/** A request in one form: clients also send a table under its own name, and parameters beside the inputs. */
export function canonical({ inputs, table, parameters, ...beside } = {}) {
  return { inputs: inputs ?? table, parameters: { ...beside, ...parameters } };
}

/** {type, content}: the Content-Type and what to send under it. */
export function bodyOf(model, request) {
  if (isRaw(model, request)) return { type: request.inputs.type, content: request.inputs.blob };
  return { type: "application/json", content: JSON.stringify(request) };
}

export function isRaw(model, { inputs, parameters }) {
  return inputs instanceof Picture && parameters === undefined && reads(model.media_types ?? [], inputs.type);
}

const reads = (ranges, type) => ranges.some((range) => range === type || range === "*/*" || (range.endsWith("/*") && type.startsWith(range.slice(0, -1))));
