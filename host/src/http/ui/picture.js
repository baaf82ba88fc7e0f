// A picture as the visitor gave it: its bytes, their type, and the same in base64, which is also its JSON.
// Knows what browsers can read; knows nothing of forms or of servers.

// What image models' readers have in common; the page turns other pictures that the browser reads into PNG.
const PLAIN = ["image/jpeg", "image/png", "image/webp"];
const STARTS = { "/9j/": "image/jpeg", iVBORw0KGgo: "image/png", UklGR: "image/webp", R0lGOD: "image/gif", Qk0: "image/bmp" };
const QUALITY = 0.92;
const SMALLEST = 256;

export class Picture {
  constructor({ blob, base64, name, width = null, height = null, note = null }) {
    Object.assign(this, { blob, base64, name, width, height, note });
  }

  get type() { return this.blob.type; }
  get url() { return `data:${this.type};base64,${this.base64}`; }
  toJSON() { return this.base64; }
}

/** The picture in a request's base64, with or without `data:` before it; null where it is none. */
export function pictureOf(text, name = "picture") {
  if (typeof text !== "string") return null;
  const base64 = text.replace(/^data:[^,]*,/, "").replace(/\s+/g, "");
  const type = Object.entries(STARTS).find(([start]) => base64.startsWith(start))?.[1];
  if (!type) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    return new Picture({ blob: new Blob([bytes], { type }), base64, name: `${name}.${ending(type)}` });
  } catch {
    return null;
  }
}

/** Reads a chosen file; one that is too large or of a rarer kind is drawn again, and the picture says so. */
export async function readPicture(file, most) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw new Error(`\`${file.name || "this file"}\` could not be read as a picture; choose a JPEG, PNG or WebP file`);
  const { width, height } = bitmap;
  const name = file.name || `picture.${ending(file.type)}`;
  if (PLAIN.includes(file.type) && file.size <= most.bytes && width * height <= most.pixels) return new Picture({ blob: file, base64: await base64Of(file), name, width, height });
  const drawn = await redraw(bitmap, most, PLAIN.includes(file.type) ? "image/jpeg" : "image/png");
  const why = PLAIN.includes(file.type) ? "made smaller to fit a request" : `read as ${file.type || "an unknown kind"} and sent as ${ending(drawn.blob.type).toUpperCase()}`;
  return new Picture({ ...drawn, base64: await base64Of(drawn.blob), name: name.replace(/\.\w+$|$/, `.${ending(drawn.blob.type)}`), note: why });
}

/** Draws as large as the pixels allow, then smaller and smaller until the bytes fit. */
async function redraw(bitmap, most, wanted) {
  const longest = Math.max(bitmap.width, bitmap.height);
  const fitting = Math.min(1, Math.sqrt(most.pixels / (bitmap.width * bitmap.height)));
  for (let scale = fitting, type = wanted; ; scale *= 0.7, type = "image/jpeg") {
    const width = Math.max(1, Math.floor(bitmap.width * scale));
    const height = Math.max(1, Math.floor(bitmap.height * scale));
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
    const blob = await canvas.convertToBlob({ type, quality: QUALITY });
    if (blob.size <= most.bytes || longest * scale < SMALLEST) return { blob, width, height };
  }
}

function base64Of(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`the file could not be read: ${reader.error?.message ?? "unknown reason"}`));
    reader.readAsDataURL(blob);
  });
}

const ending = (type) => (type === "image/jpeg" ? "jpg" : type.split("/")[1]?.replace(/\W.*$/, "") || "png");
