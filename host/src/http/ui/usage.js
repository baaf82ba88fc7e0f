// The same request from a terminal and from Python, filled with what the form holds.
// Knows a request and an address; sends nothing.

import { copyButton, h } from "./dom.js";
import { predictPath } from "./api.js";

const WIDTH = 76;

export function usageOf(status, request) {
  const url = new URL(predictPath(status), document.baseURI).href;
  return [
    h("p", { class: "lead" }, "The form’s current inputs as a call. The answer is JSON; a refusal names the field."),
    block("curl", curl(url, request)),
    block("Python", python(url, request)),
  ];
}

function block(title, text) {
  return h("section", { class: "snippet" },
    h("header", {}, h("h3", {}, title), copyButton(() => text)),
    h("pre", { class: "code", tabindex: "0", "aria-label": `${title} example` }, text));
}

function curl(url, request) {
  const body = write(request, 0, JSON.stringify).replaceAll("'", "'\\''");
  return `curl ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

function python(url, request) {
  return [
    "import requests",
    "",
    `request = ${write(request, 0, pythonLiteral)}`,
    `reply = requests.post("${url}", json=request, timeout=30)`,
    "reply.raise_for_status()",
    'print(reply.json()["outputs"])',
  ].join("\n");
}

const pythonLiteral = (value) => ({ null: "None", true: "True", false: "False" })[String(value)] ?? JSON.stringify(value);

/** JSON with lists of plain values wrapped like text. */
function write(value, depth, literal) {
  const pad = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (value === null || typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : literal(value);
  if (Array.isArray(value)) {
    if (value.some((one) => one !== null && typeof one === "object")) {
      return `[\n${value.map((one) => pad + write(one, depth + 1, literal)).join(",\n")}\n${end}]`;
    }
    const words = value.map((one, at) => (typeof one === "string" ? JSON.stringify(one) : literal(one)) + (at < value.length - 1 ? "," : ""));
    const line = words.join(" ");
    if (line.length + pad.length < WIDTH - 16) return `[${line}]`;
    return `[\n${wrap(words, pad)}\n${end}]`;
  }
  return `{\n${Object.entries(value).map(([key, one]) => `${pad}${JSON.stringify(key)}: ${write(one, depth + 1, literal)}`).join(",\n")}\n${end}}`;
}

function wrap(words, pad) {
  const lines = [pad.slice(0, -1)];
  for (const word of words) {
    if (lines.at(-1).length + word.length + 1 > WIDTH) lines.push(pad.slice(0, -1));
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.join("\n");
}
