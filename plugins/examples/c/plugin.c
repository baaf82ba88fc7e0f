// The plugin "scale": multiplies a list of numbers on its way into the model, and adds up what comes out.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "modelhost.h"

// What is handed over is freed by the bindings, so it must come from `malloc`.
static void *allocate(void *old, size_t size) {
  void *memory = realloc(old, size);
  if (!memory) abort();
  return memory;
}

static void info(const char *message) {
  modelhost_string_t line;
  modelhost_string_set(&line, message);
  modelhost_plugin_logging_log(MODELHOST_PLUGIN_LOGGING_LEVEL_INFO, &line);
}

// The caller's fault (in `init`: the manifest's); `field` is a JSON pointer, or null.
static bool invalid(modelhost_plugin_types_error_t *error, const char *field, const char *message) {
  error->tag = MODELHOST_PLUGIN_TYPES_ERROR_INVALID_INPUT;
  modelhost_string_dup(&error->val.invalid_input.message, message);
  error->val.invalid_input.field.is_some = field;
  if (field) modelhost_string_dup(&error->val.invalid_input.field.val, field);
  return false;
}

static void describe(modelhost_option_string_t *schema, const char *text) {
  schema->is_some = true;
  modelhost_string_dup(&schema->val, text);
}

// [preprocess]
static double factor = 1;
static char *tensor_name = "x";
static unsigned calls = 0;

// [end]
// Runs once. The memory that it leaves is where every call starts.
bool exports_modelhost_plugin_lifecycle_init(
    modelhost_string_t *config_json, exports_modelhost_plugin_lifecycle_list_asset_t *assets,
    exports_modelhost_plugin_lifecycle_signature_t *model,
    exports_modelhost_plugin_lifecycle_description_t *description, exports_modelhost_plugin_lifecycle_error_t *error) {
  // [preprocess]
  json config = json_parse((char *)config_json->ptr, config_json->len);
  if (!json_number(json_member(config, "factor"), &factor)) {
    return invalid(error, "/factor", "must be a number");
  }
  if (model->inputs.len > 0) {
    modelhost_string_t name = model->inputs.ptr[0].name;
    tensor_name = strndup((char *)name.ptr, name.len);
  }
  // [end]
  *description = (exports_modelhost_plugin_lifecycle_description_t){0};
  // [preprocess]
  describe(&description->inputs, "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":1}");
  // [postprocess]
  describe(&description->parameters,
           "{\"type\":\"object\",\"properties\":{\"round\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9}}}");
  describe(&description->outputs, "{\"type\":\"object\",\"required\":[\"sum\",\"values\"]}");
  // [end]
  return true;
}

// [preprocess]
// A request becomes the model's inputs.
bool exports_modelhost_plugin_preprocess_run(
    exports_modelhost_plugin_preprocess_request_t *request, exports_modelhost_plugin_preprocess_prepared_t *prepared,
    exports_modelhost_plugin_preprocess_error_t *error) {
  char words[64];
  calls++;
  json body = json_parse((char *)request->body.ptr, request->body.len);
  if (!json_kind(body)) return invalid(error, NULL, "the body is not JSON");
  json_items items = json_list(json_member(body, "inputs"));
  json value;
  float *row = NULL;
  uint32_t count = 0;
  while (json_next(&items, &value)) {
    double number;
    if (!json_number(value, &number)) {
      snprintf(words, sizeof words, "/inputs/%u", count);
      return invalid(error, words, "must be a number");
    }
    if (!isfinite((float)(number * factor))) {
      snprintf(words, sizeof words, "/inputs/%u", count);
      return invalid(error, words, "is too large");
    }
    row = allocate(row, (count + 1) * sizeof *row);
    row[count++] = (float)(number * factor);
  }
  if (count == 0) return invalid(error, "/inputs", "must be a list of at least one number");
  snprintf(words, sizeof words, "call %u: %u values", calls, count);
  info(words);

  modelhost_plugin_types_named_tensor_t *named = allocate(NULL, sizeof *named);
  modelhost_string_dup(&named->name, tensor_name);
  uint32_t *shape = allocate(NULL, 2 * sizeof *shape);
  shape[0] = 1;
  shape[1] = count;
  named->tensor.shape = (modelhost_list_u32_t){.ptr = shape, .len = 2};
  named->tensor.data.tag = MODELHOST_PLUGIN_TYPES_TENSOR_DATA_F32;
  named->tensor.data.val.f32 = (modelhost_list_f32_t){.ptr = row, .len = count};
  prepared->tensors.ptr = named;
  prepared->tensors.len = 1;
  snprintf(words, sizeof words, "%u", calls);
  prepared->context.ptr = (uint8_t *)strdup(words);
  prepared->context.len = strlen(words);
  return true;
}

// [postprocess]
// A text that grows.
typedef struct {
  char *at;
  size_t length;
} text;

static void append(text *text, const char *more) {
  size_t length = strlen(more);
  text->at = allocate(text->at, text->length + length);
  memcpy(text->at + text->length, more, length);
  text->length += length;
}

// The shortest digits that read back as the same number.
static void append_number(text *text, double number) {
  char digits[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, number);
    if (strtod(digits, NULL) == number) break;
  }
  append(text, digits);
}

static double tidy(double value, double scale) {
  return scale > 0 ? floor(value * scale + 0.5) / scale : value;
}

// The model's outputs become the answer.
bool exports_modelhost_plugin_postprocess_run(
    exports_modelhost_plugin_postprocess_list_named_tensor_t *outputs, modelhost_list_u8_t *context,
    modelhost_string_t *parameters, modelhost_string_t *answer, exports_modelhost_plugin_postprocess_error_t *error) {
  double digits, scale = 0;
  json round = json_member(json_parse((char *)parameters->ptr, parameters->len), "round");
  if (json_kind(round)) {
    if (!json_number(round, &digits) || digits != floor(digits) || digits < 0 || digits > 9) {
      return invalid(error, "/parameters/round", "must be an integer from 0 to 9");
    }
    for (scale = 1; digits > 0; digits--) scale *= 10;
  }
  modelhost_plugin_types_tensor_data_t *data = &outputs->ptr[0].tensor.data;
  if (data->tag != MODELHOST_PLUGIN_TYPES_TENSOR_DATA_F32) {
    error->tag = MODELHOST_PLUGIN_TYPES_ERROR_INTERNAL;
    modelhost_string_dup(&error->val.internal, "the model's first output must be f32");
    return false;
  }
  char words[64];
  snprintf(words, sizeof words, "answering call %.*s", (int)context->len, (char *)context->ptr);
  info(words);

  double sum = 0;
  text out = {0};
  append(&out, "{\"values\":[");
  for (size_t i = 0; i < data->val.f32.len; i++) {
    double value = data->val.f32.ptr[i];
    sum += value;
    if (i > 0) append(&out, ",");
    append_number(&out, tidy(value, scale));
  }
  append(&out, "],\"sum\":");
  append_number(&out, tidy(sum, scale));
  append(&out, "}");
  answer->ptr = (uint8_t *)out.at;
  answer->len = out.length;
  return true;
}
// [end]
