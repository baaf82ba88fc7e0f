// Reads JSON where it lies: a value is the piece of text that holds it. Needs nothing that needs WASI.

#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

// A value; `at` is null where there is none.
typedef struct {
  const char *at;
  const char *end;
} json;

// The value that the whole text is; none where the text is not JSON.
json json_parse(const char *text, size_t length);

// `{`, `[`, `"`, `0` (a number), `t`, `f`, `n`; 0 where there is no value.
char json_kind(json value);

// The member of an object by its name, which must be written without escapes; the last where there are several.
json json_member(json object, const char *name);

// What is left of a list, and the next item of it; false at the end.
typedef json json_items;
json_items json_list(json list);
bool json_next(json_items *items, json *item);

// Whether the value is a number, and which.
bool json_number(json value, double *number);

#endif
