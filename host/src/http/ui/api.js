// The only module that talks to the server. Addresses are relative, so the page works under any prefix.
// Knows nothing of the document.

import { bodyOf } from "./body.js";
import { sentence } from "./format.js";

/** What the server refused, or why it could not be reached, with what to do about it. */
export class Refusal extends Error {
  constructor({ message, type, field = null, retryAfter = null, requestId = null }) {
    super(message);
    this.type = type;
    this.field = field;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** What the visitor can do; null when the message itself says it. */
  get advice() {
    const wait = this.retryAfter ? `in ${this.retryAfter} s` : "in a moment";
    switch (this.type) {
      case "network": return "Check the connection, then press Predict again. Your inputs are kept.";
      case "rate_limited": return `Press Predict again ${wait}; your inputs are kept.`;
      case "overloaded": return `The server is answering others. This page asks again ${wait}; your inputs are kept.`;
      case "deadline": return "Try a shorter input, or press Predict again when the server is less busy.";
      case "not_ready": return `This page asks again ${wait}; your inputs are kept.`;
      case "too_large": return "Shorten the input and press Predict again.";
      case "internal": return `Press Predict again; if it stays, tell the operator${this.requestId ? ` the request id ${this.requestId}` : ""}.`;
      default: return null;
    }
  }
}

/** What the page was sent with: `{list, model}` as the server had them then, once; null afterwards. */
export function sent() {
  const template = document.getElementById("state");
  template?.remove();
  const text = template?.content.textContent.trim();
  return text ? JSON.parse(text) : null;
}

/** `{models, problems}`: all models, and what is wrong with manifests that no model was made of. */
export const models = async () => (await call("models")).json();
export const model = async (name) => (await call(modelPath(name))).json();
/** How a model is doing, in numbers. */
export const live = async (name) => (await call(`${modelPath(name)}/live`)).json();

/** The address to post to, relative to the page. */
export function predictPath(status) {
  return status.default ? "predict" : `${modelPath(status.name)}/predict`;
}

/** Posts a request, until `signal` aborts it; resolves to the body, what answered, the stages in milliseconds, and the time on this side. */
export async function predict(status, request, signal) {
  const began = performance.now();
  const { type, content } = bodyOf(status, request);
  const response = await call(predictPath(status), { method: "POST", headers: { "content-type": type }, body: content, signal });
  const body = await response.json().catch(() => { throw unreachable(signal); });
  return {
    body,
    request,
    by: { revision: response.headers.get("x-model-revision"), sha256: response.headers.get("x-model-sha256") },
    stages: stages(response.headers.get("server-timing")),
    requestId: response.headers.get("x-request-id"),
    roundTripMs: performance.now() - began,
  };
}

const modelPath = (name) => `models/${encodeURIComponent(name)}`;

let key = "";
/** What is shown to a server that asks for a key; nothing where it is empty. */
export const useKey = (text) => { key = text; };

async function call(path, options) {
  let response;
  try {
    const headers = { ...options?.headers, ...(key && { authorization: `Bearer ${key}` }) };
    response = await fetch(path, { ...options, headers, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw unreachable(options?.signal);
  }
  if (response.ok) return response;
  throw await refusalOf(response);
}

function unreachable(signal) {
  if (signal?.aborted) return new Refusal({ type: "cancelled", message: "Cancelled." });
  return new Refusal({ type: "network", message: "The server could not be reached." });
}

async function refusalOf(response) {
  const body = await response.json().catch(() => null);
  const known = typeof body?.error === "string";
  return new Refusal({
    message: known ? sentence(body.error) : `The server answered ${response.status} without saying why.`,
    type: body?.error_type ?? (response.status === 429 ? "overloaded" : "internal"),
    field: body?.field ?? null,
    retryAfter: Number(response.headers.get("retry-after")) || null,
    requestId: response.headers.get("x-request-id"),
  });
}

/** `model;dur=0.9, total;dur=1.2` as [{name, ms}]. */
export function stages(header) {
  return (header ?? "").split(",").flatMap((entry) => {
    const found = /^\s*([\w-]+)\s*;.*?dur=([\d.]+)/.exec(entry);
    return found ? [{ name: found[1], ms: Number(found[2]) }] : [];
  });
}
