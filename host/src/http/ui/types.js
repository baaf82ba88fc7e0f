// What a JSON Schema says of a value's type, through references and alternatives. Pure.
// Knows the words of JSON Schema; knows nothing of fields or elements.

/** Follows local references and picks, of alternatives, the object (or else the first that is not null). */
export function resolve(schema, root) {
  let at = schema ?? {};
  for (let hops = 0; hops < 16; hops += 1) {
    if (typeof at.$ref === "string" && at.$ref.startsWith("#")) {
      const target = at.$ref.slice(1).split("/").slice(1).reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
      at = { ...target, ...withoutKey(at, "$ref") };
      continue;
    }
    const key = ["oneOf", "anyOf"].find((name) => Array.isArray(at[name]));
    if (!key) return at;
    const options = at[key].map((option) => resolve(option, root));
    const chosen = options.find((option) => typeOf(option) === "object") ?? options.find((option) => typeOf(option) !== "null") ?? {};
    at = { ...chosen, ...withoutKey(at, key) };
  }
  return at;
}

/** The one type that is not null. */
export function typeOf(schema) {
  const type = Array.isArray(schema?.type) ? schema.type.find((name) => name !== "null") : schema?.type;
  return type ?? (schema?.properties ? "object" : schema?.items ? "array" : undefined);
}

/** Every type that is allowed; none where the schema names none. */
export const typesOf = (schema) => [schema?.type ?? []].flat();

/** A member's place as a JSON pointer. */
export const pointerTo = (path) => `/${path.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;

function withoutKey(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}
