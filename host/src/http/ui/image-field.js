// A picture: dropped, pasted, chosen from files or taken with the camera, with a preview.
// Knows how a picture comes in; how it is sent is picture.js and body.js.

import { hasCamera, openCamera } from "./camera.js";
import { h } from "./dom.js";
import { takeDropped } from "./drop.js";
import { bytes } from "./format.js";
import { Unreadable } from "./inputs.js";
import { Picture, pictureOf, readPicture } from "./picture.js";

// A body in base64 is a third longer than its bytes, and holds the parameters too.
const SHARE_OF_BODY = 0.74;

export function imageInput(spec, id, context) {
  const most = {
    bytes: Math.floor((context.bodyBytes ?? 2 ** 21) * SHARE_OF_BODY),
    pixels: spec.schema["x-ui"]?.max_pixels ?? Infinity,
  };
  const target = h("input", { type: "file", id, name: id, class: "offscreen", accept: context.mediaTypes.filter((type) => type.startsWith("image/")).join(",") || "image/*" });
  const preview = h("div", { class: "picture-preview" });
  const live = h("div", { class: "camera" });
  const readout = h("p", { class: "count", "aria-live": "polite" });
  const choose = h("label", { class: "quiet-button", for: id }, "Choose a picture");
  const camera = hasCamera() ? h("button", { type: "button", class: "quiet-button", click: () => shoot() }, "Use the camera") : null;
  const remove = h("button", { type: "button", class: "quiet-button", click: () => clear() }, "Remove");
  const empty = h("p", { class: "quiet" }, "Drop a picture here, or paste one");
  const zone = h("div", { class: "drop" }, preview, live, empty, h("div", { class: "actions" }, choose, camera, remove), readout);
  let picture = null;
  let turn = 0;

  const show = (note = "") => {
    preview.replaceChildren(...(picture ? [h("img", { src: picture.url, alt: "The chosen picture", load: (event) => measure(event.target) })] : []));
    empty.hidden = picture !== null;
    remove.hidden = picture === null;
    choose.textContent = picture ? "Choose another" : "Choose a picture";
    readout.textContent = note;
  };
  const measure = (image) => {
    if (!picture || picture.url !== image.src) return;
    const size = `${picture.width ?? image.naturalWidth} × ${picture.height ?? image.naturalHeight}`;
    readout.textContent = [picture.name, size, bytes(picture.blob.size), picture.note].filter(Boolean).join(", ");
  };
  const changed = () => {
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const clear = () => {
    turn += 1;
    picture = null;
    show();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.focus();
  };
  const complain = (message) => zone.dispatchEvent(new CustomEvent("unreadable", { bubbles: true, detail: message }));
  const take = async (file) => {
    const mine = ++turn;
    readout.textContent = "Reading the picture…";
    try {
      const read = await readPicture(file, most);
      if (mine !== turn) return;
      picture = read;
      show();
      changed();
    } catch (error) {
      if (mine !== turn) return;
      show();
      complain(error.message);
    }
  };
  const shoot = () => {
    empty.hidden = true;
    preview.hidden = true;
    readout.textContent = "";
    const back = () => { preview.hidden = false; };
    openCamera(live, {
      take: (file) => {
        back();
        take(file);
      },
      close: (message) => {
        back();
        show();
        if (message) complain(message);
        camera.focus();
      },
    });
  };

  target.addEventListener("change", (event) => {
    // What was chosen is known only when it has been read, and that says so itself.
    if (!event.isTrusted) return;
    event.stopPropagation();
    const [file] = target.files;
    // The same file, changed meanwhile, may be chosen again.
    target.value = "";
    if (file) take(file);
  });
  takeDropped(zone, take);
  takePasted(zone, take);
  show();

  return {
    element: h("div", { class: "image-editor" }, target, zone),
    target,
    read: () => {
      if (!picture) throw new Unreadable("choose a picture first");
      return picture;
    },
    write: (value) => {
      turn += 1;
      picture = value instanceof Picture ? value : pictureOf(value);
      show();
    },
    fits: (value) => value === undefined || value === null || value instanceof Picture || pictureOf(value) !== null,
  };
}

/** Pasting works anywhere on the page, for as long as the field is on it. */
function takePasted(zone, take) {
  const paste = (event) => {
    if (!zone.isConnected) {
      document.removeEventListener("paste", paste);
      return;
    }
    const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    take(file);
  };
  document.addEventListener("paste", paste);
}
