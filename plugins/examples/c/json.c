// A reader that checks the whole text once, so that everything after it can skip without looking.

#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

static const json none = {0, 0};

static const char *space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

static const char *digits(const char *at, const char *end) {
  const char *first = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at > first ? at : NULL;
}

static const char *number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  // No zero before another digit.
  at = at < end && *at == '0' ? at + 1 : digits(at, end);
  if (at && at < end && *at == '.') at = digits(at + 1, end);
  if (at && at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = digits(at, end);
  }
  return at;
}

static const char *string(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++) {
    if ((unsigned char)*at < 0x20) return NULL;
    if (*at != '\\') continue;
    if (++at == end) return NULL;
    if (*at == 'u') {
      for (int i = 0; i < 4; i++) {
        if (++at == end || !isxdigit((unsigned char)*at)) return NULL;
      }
    } else if (!*at || !strchr("\"\\/bfnrt", *at)) {
      return NULL;
    }
  }
  return at < end ? at + 1 : NULL;
}

static const char *word(const char *at, const char *end, const char *expected) {
  size_t length = strlen(expected);
  return (size_t)(end - at) >= length && !memcmp(at, expected, length) ? at + length : NULL;
}

// Behind the value that begins at `at`; null where there is none.
static const char *skip(const char *at, const char *end, int depth) {
  if (at == end || depth > MAX_DEPTH) return NULL;
  char open = *at;
  switch (open) {
    case '"': return string(at, end);
    case 't': return word(at, end, "true");
    case 'f': return word(at, end, "false");
    case 'n': return word(at, end, "null");
    case '{':
    case '[': break;
    default: return number(at, end);
  }
  char close = open == '{' ? '}' : ']';
  at = space(at + 1, end);
  if (at < end && *at == close) return at + 1;
  while (true) {
    if (open == '{') {
      if (at == end || *at != '"' || !(at = string(at, end))) return NULL;
      at = space(at, end);
      if (at == end || *at != ':') return NULL;
      at = space(at + 1, end);
    }
    if (!(at = skip(at, end, depth + 1))) return NULL;
    at = space(at, end);
    if (at == end) return NULL;
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
    at = space(at + 1, end);
  }
}

static json value_at(const char *at, const char *end) {
  const char *behind = skip(at, end, 0);
  return behind ? (json){at, behind} : none;
}

json json_parse(const char *text, size_t length) {
  const char *end = text + length;
  json value = value_at(space(text, end), end);
  return value.at && space(value.end, end) == end ? value : none;
}

char json_kind(json value) {
  if (!value.at) return 0;
  return *value.at == '-' || (*value.at >= '0' && *value.at <= '9') ? '0' : *value.at;
}

json json_member(json object, const char *name) {
  json found = none;
  if (json_kind(object) != '{') return found;
  const char *end = object.end - 1;
  const char *at = space(object.at + 1, end);
  while (at < end) {
    const char *key = at + 1;
    at = string(at, end);
    size_t length = (size_t)(at - 1 - key);
    // Behind the colon.
    json value = value_at(space(space(at, end) + 1, end), end);
    if (length == strlen(name) && !memcmp(key, name, length)) found = value;
    at = space(value.end, end);
    if (at < end) at = space(at + 1, end);
  }
  return found;
}

json_items json_list(json list) {
  return json_kind(list) == '[' ? (json_items){list.at + 1, list.end - 1} : none;
}

bool json_next(json_items *items, json *item) {
  const char *at = space(items->at, items->end);
  if (at == items->end) return false;
  if (*at == ',') at = space(at + 1, items->end);
  *item = value_at(at, items->end);
  items->at = item->end;
  return true;
}

bool json_number(json value, double *number) {
  if (json_kind(value) != '0') return false;
  size_t length = (size_t)(value.end - value.at);
  char *copy = strndup(value.at, length);
  if (!copy) abort();
  *number = strtod(copy, NULL);
  free(copy);
  return true;
}
