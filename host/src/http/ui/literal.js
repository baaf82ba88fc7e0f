// A value as source text in JSON, Python or JavaScript, with lists of plain values wrapped like prose. Pure.
// Knows values; knows nothing of calls.

const WIDTH = 76;
const PYTHON = { null: "None", true: "True", false: "False" };

export const json = (value) => write(value, 0, JSON.stringify, JSON.stringify);
export const python = (value) => write(value, 0, (one) => PYTHON[String(one)] ?? JSON.stringify(one), JSON.stringify);
/** Names that need no quotes have none. */
export const javascript = (value) => write(value, 0, JSON.stringify, (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)));

function write(value, depth, literal, name) {
  const pad = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (value === null || typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : literal(value);
  if (Array.isArray(value)) {
    if (value.some((one) => one !== null && typeof one === "object")) {
      return `[\n${value.map((one) => pad + write(one, depth + 1, literal, name)).join(",\n")}\n${end}]`;
    }
    const words = value.map((one, at) => (typeof one === "string" ? JSON.stringify(one) : literal(one)) + (at < value.length - 1 ? "," : ""));
    const line = words.join(" ");
    if (line.length + pad.length < WIDTH - 16) return `[${line}]`;
    return `[\n${wrap(words, pad)}\n${end}]`;
  }
  return `{\n${Object.entries(value).map(([key, one]) => `${pad}${name(key)}: ${write(one, depth + 1, literal, name)}`).join(",\n")}\n${end}}`;
}

function wrap(words, pad) {
  const lines = [pad.slice(0, -1)];
  for (const word of words) {
    if (lines.at(-1).length + word.length + 1 > WIDTH) lines.push(pad.slice(0, -1));
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.join("\n");
}
