// The same request with huggingface_hub's InferenceClient, for the tasks that it has a method for. Pure.
// Knows the client's methods and their arguments; knows nothing of the page.

import { rowsOf } from "./columns.js";
import { python } from "./literal.js";

const LABELS = ["top_k", "function_to_apply"];
const METHODS = {
  "feature-extraction": { parameters: ["normalize", "prompt_name", "truncate", "truncation_direction"], args: ({ inputs }) => [python(inputs ?? "")] },
  "image-classification": { parameters: LABELS, args: (_, file) => [JSON.stringify(file?.name ?? "picture.jpg")] },
  "sentence-similarity": { parameters: [], args: ({ inputs }) => [python(inputs?.source_sentence ?? ""), `other_sentences=${python(inputs?.sentences ?? [])}`] },
  "tabular-classification": { parameters: [], args: ({ inputs }) => [`table=${python(tableOf(inputs))}`] },
  "tabular-regression": {
    parameters: [], name: "tabular_classification", args: ({ inputs }) => [`table=${python(tableOf(inputs))}`],
    note: "# The client sends tabular_regression to no server of one’s own; this call is the same on the wire.",
  },
  "text-classification": { parameters: LABELS, one: true, args: ({ inputs }) => [python(inputs ?? "")] },
  "token-classification": { parameters: ["aggregation_strategy", "ignore_labels", "stride"], one: true, args: ({ inputs }) => [python(inputs ?? "")] },
};

/** The snippet, or null where the client has no method for the task. */
export function inferenceClient(task, { url, request, file, raw }) {
  // A comparison is one whatever the model is for.
  const asked = Array.isArray(request.inputs?.sentences) ? "sentence-similarity" : task;
  const method = METHODS[asked];
  // Without parameters the client sends a picture's bytes, and only a model that reads them can be asked so.
  if (!method || (file && !raw && request.parameters === undefined)) return null;
  const named = Object.entries(request.parameters ?? {}).filter(([name]) => method.parameters.includes(name)).map(([name, value]) => `${name}=${python(value)}`);
  const name = `client.${method.name ?? asked.replaceAll("-", "_")}`;
  const start = ["from huggingface_hub import InferenceClient", "", `client = InferenceClient(model="${url}")`, ...(method.note ? [method.note] : [])];
  // The client answers for one text; it would drop what came for the others.
  if (method.one && Array.isArray(request.inputs)) {
    return [...start, `for text in ${python(request.inputs)}:`, `    print(${call(name, ["text", ...named])})`].join("\n");
  }
  return [...start, `print(${call(name, [...method.args(request, file), ...named])})`].join("\n");
}

function call(name, args) {
  const line = `${name}(${args.join(", ")})`;
  if (line.length < 70 || !args.some((arg) => arg.length > 20)) return line;
  return `${name}(\n${args.map((arg) => `  ${arg.replaceAll("\n", "\n  ")},`).join("\n")}\n)`;
}

/** Lists by column, whatever the form of the rows. */
function tableOf(inputs) {
  const rows = rowsOf(inputs) ?? [];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}
