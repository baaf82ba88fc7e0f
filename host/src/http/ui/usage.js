// The same request from a terminal, from Python and from JavaScript, filled with what the form holds.
// Knows a request and an address; sends nothing.

import { predictPath } from "./api.js";
import { isRaw } from "./body.js";
import { copyButton, h } from "./dom.js";
import { inferenceClient } from "./inference-client.js";
import { javascript, json, python } from "./literal.js";
import { Picture } from "./picture.js";
import { describe } from "./schema.js";

export function usageOf(status, request) {
  const url = new URL(predictPath(status), document.baseURI).href;
  const file = pictureIn(status, request);
  const call = { url, request, file, raw: isRaw(status, file ? { ...request, inputs: file } : request), bare: status.bare === true };
  return [
    h("p", { class: "lead" }, "The form’s current inputs as a call. The answer is JSON; a refusal names the field. ",
      h("a", { href: "docs" }, "Every route, to read and try"), "."),
    block("curl", inCurl(call)),
    block("Python", inPython(call)),
    status.bare ? block("Python, with huggingface_hub", inferenceClient(status.task, call)) : null,
    block("JavaScript", inJavaScript(call)),
    drawn(status) ? block("The chart alone, as PNG or SVG", inChart(call)) : null,
  ];
}

/** The chosen picture, or one to put a name in its place. */
function pictureIn(status, { inputs }) {
  if (inputs instanceof Picture) return inputs;
  const wanted = inputs === undefined && describe(status).some(({ kind }) => kind === "image");
  return wanted ? new Picture({ blob: new Blob([], { type: "image/jpeg" }), base64: "", name: "picture.jpg" }) : null;
}

function block(title, text) {
  if (text === null) return null;
  return h("section", { class: "snippet" },
    h("header", {}, h("h3", {}, title), copyButton(() => text)),
    h("pre", { class: "code", tabindex: "0", "aria-label": `${title} example` }, text));
}

/** Whether the server draws what it answers. */
const drawn = ({ request_schema: schema }) => Boolean(schema?.properties?.parameters?.properties?.chart);

const inChart = ({ url, request }) => `curl ${url} -o forecast.png \\\n  -H 'accept: image/png' \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(json(request))}`;

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const shellName = (name) => (/^[\w.-]+$/.test(name) ? name : quoted(name));

function inCurl({ url, request, file, raw }) {
  if (raw) return `curl ${url} \\\n  -H 'content-type: ${file.type}' \\\n  --data-binary @${shellName(file.name)}`;
  const head = `curl ${url} \\\n  -H 'content-type: application/json' \\\n`;
  if (!file) return `${head}  -d ${quoted(json(request))}`;
  // The picture is too long for a command line, so the body comes in by a pipe.
  const [before, after] = json({ ...request, inputs: "PICTURE" }).split("PICTURE");
  return `{ printf %s ${quoted(before)}; base64 < ${shellName(file.name)} | tr -d '\\n'; printf %s ${quoted(after)}; } |\n${head}  -d @-`;
}

function inPython({ url, request, file, raw, bare }) {
  const print = `print(reply.json()${bare ? "" : '["outputs"]'})`;
  const checked = ["reply.raise_for_status()", print];
  if (raw) {
    return [
      "import requests",
      "",
      `with open(${JSON.stringify(file.name)}, "rb") as picture:`,
      "    reply = requests.post(",
      `        "${url}",`,
      `        data=picture, headers={"content-type": "${file.type}"}, timeout=30,`,
      "    )",
      ...checked,
    ].join("\n");
  }
  const body = file ? python({ ...request, inputs: "PICTURE" }).replace('"PICTURE"', () => "picture") : python(request);
  return [
    ...(file ? ["import base64"] : []),
    "import requests",
    "",
    ...(file ? [`with open(${JSON.stringify(file.name)}, "rb") as file:`, "    picture = base64.b64encode(file.read()).decode()"] : []),
    `request = ${body}`,
    `reply = requests.post("${url}", json=request, timeout=30)`,
    ...checked,
  ].join("\n");
}

function inJavaScript({ url, request, file, raw, bare }) {
  const read = file ? ['import { readFile } from "node:fs/promises";', ""] : [];
  const source = file ? `await readFile(${JSON.stringify(file.name)}${raw ? "" : ', "base64"'})` : null;
  const body = raw ? source : file ? javascript({ ...request, inputs: "PICTURE" }).replace('"PICTURE"', () => source) : javascript(request);
  return [
    ...read,
    `const reply = await fetch("${url}", {`,
    '  method: "POST",',
    `  headers: { "content-type": "${raw ? file.type : "application/json"}" },`,
    raw ? `  body: ${body},` : `  body: JSON.stringify(${body.replaceAll("\n", "\n  ")}),`,
    "});",
    "if (!reply.ok) throw new Error((await reply.json()).error);",
    `console.log(${bare ? "await reply.json()" : "(await reply.json()).outputs"});`,
  ].join("\n");
}
