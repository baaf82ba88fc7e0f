// A link that holds the inputs: after `#run=`, which no server is ever sent.
// Knows how a request becomes text of an address and back; knows nothing of the form.

import { Picture } from "./picture.js";

const MARK = "#run=";
const PLAIN = ".";
const LONGEST = 8000;
const MOST_BYTES = 4_000_000;

/** {url, leftOut}: `leftOut` says what had no room. Throws an Error where the inputs are too long without being a picture. */
export async function linkTo(status, request) {
  const whole = await addressOf(status, request);
  if (whole.length <= LONGEST) return { url: whole, leftOut: null };
  if (!hasPicture(request.inputs)) throw new Error(`These inputs are too long for a link: ${whole.length.toLocaleString("en")} characters, and ${LONGEST.toLocaleString("en")} are what every browser and chat takes.`);
  return { url: await addressOf(status, { ...request, inputs: undefined }), leftOut: "all but the picture, which is too long for a link" };
}

/** The request in an address's fragment, or null where it holds none. Throws an Error where it cannot be read. */
export async function readLink(fragment) {
  if (!fragment.startsWith(MARK)) return null;
  try {
    const packed = fragment.slice(MARK.length);
    const bytes = packed.startsWith(PLAIN) ? bytesOf(packed.slice(1)) : await through(new DecompressionStream("deflate-raw"), bytesOf(packed));
    const request = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof request !== "object" || request === null || Array.isArray(request)) throw new Error("no request");
    return request;
  } catch {
    throw new Error("This link is cut off or damaged, so its inputs could not be restored. Ask for it again, as a whole.");
  }
}

/** Takes the inputs out of the address once they are no longer those of the form. */
export function forgetLink() {
  if (!location.hash.startsWith(MARK)) return;
  try { history.replaceState(null, "", location.pathname + location.search); } catch { /* a frame may forbid it; the address then stays */ }
}

const hasPicture = (inputs) => [inputs].flat().some((one) => one instanceof Picture);

async function addressOf(status, request) {
  const bytes = new TextEncoder().encode(JSON.stringify(request));
  const packed = "CompressionStream" in globalThis
    ? base64Of(await through(new CompressionStream("deflate-raw"), bytes))
    : PLAIN + base64Of(bytes);
  const address = new URL(location.pathname, location.href);
  address.search = new URLSearchParams({ model: status.name });
  return `${address.href}${MARK}${packed}`;
}

/** Bounded, because a short link can unfold to more than a page can hold. */
async function through(stream, bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > MOST_BYTES) throw new Error("too large");
    parts.push(next.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64Of(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
