// The plugin "scale": multiplies a list of numbers on its way into the model, and adds up what comes out.

import { log } from 'modelhost:plugin/logging@0.1.0';

// [preprocess]
let factor = 1;
let tensorName = 'x';
let calls = 0;

// [end]
/** The caller's fault (in `init`: the manifest's); `field` is a JSON pointer, or undefined. */
const invalid = (field, message) => ({ tag: 'invalid-input', val: { message, field } });

/** What nobody catches is the plugin's fault, and the log says what it was. */
const guarded = (run) => (...given) => {
  try {
    return run(...given);
  } catch (error) {
    if (error instanceof Error) throw { tag: 'internal', val: `${error}\n${error.stack}` };
    throw error;
  }
};

// Runs once. The memory that it leaves is where every call starts.
export const lifecycle = {
  init: guarded((configJson, assets, model) => {
    // [preprocess]
    const config = JSON.parse(configJson);
    if (typeof config?.factor !== 'number') throw invalid('/factor', 'must be a number');
    factor = config.factor;
    if (model.inputs.length > 0) tensorName = model.inputs[0].name;
    // [end]
    const description = { mediaTypes: [] };
    // [preprocess]
    description.inputs = JSON.stringify({ type: 'array', items: { type: 'number' }, minItems: 1 });
    // [postprocess]
    const digits = { type: 'integer', minimum: 0, maximum: 9 };
    description.parameters = JSON.stringify({ type: 'object', properties: { round: digits } });
    description.outputs = JSON.stringify({ type: 'object', required: ['sum', 'values'] });
    // [end]
    return description;
  }),
};

// [preprocess]
// A request becomes the model's inputs.
export const preprocess = {
  run: guarded((request) => {
    calls += 1;
    let body;
    try {
      body = JSON.parse(new TextDecoder().decode(request.body));
    } catch {
      throw invalid(undefined, 'the body is not JSON');
    }
    const values = body?.inputs;
    if (!Array.isArray(values) || values.length === 0) {
      throw invalid('/inputs', 'must be a list of at least one number');
    }
    values.forEach((value, index) => {
      if (typeof value !== 'number') throw invalid(`/inputs/${index}`, 'must be a number');
      if (!Number.isFinite(Math.fround(value * factor))) throw invalid(`/inputs/${index}`, 'is too large');
    });
    log('info', `call ${calls}: ${values.length} values`);
    const row = Float32Array.from(values, (value) => value * factor);
    const tensor = { shape: Uint32Array.of(1, row.length), data: { tag: 'f32', val: row } };
    return { tensors: [{ name: tensorName, tensor }], context: new TextEncoder().encode(String(calls)) };
  }),
};

// [postprocess]
// The model's outputs become the answer.
export const postprocess = {
  run: guarded((outputs, context, parameters) => {
    const { round } = JSON.parse(parameters);
    if (round !== undefined && !(Number.isInteger(round) && round >= 0 && round <= 9)) {
      throw invalid('/parameters/round', 'must be an integer from 0 to 9');
    }
    const { tag, val: values } = outputs[0].tensor.data;
    if (tag !== 'f32') throw { tag: 'internal', val: "the model's first output must be f32" };
    const tidy = (value) => (round === undefined ? value : Math.floor(value * 10 ** round + 0.5) / 10 ** round);
    log('info', `answering call ${new TextDecoder().decode(context)}`);
    const sum = values.reduce((sum, value) => sum + value, 0);
    return JSON.stringify({ sum: tidy(sum), values: Array.from(values, tidy) });
  }),
};
// [end]
