// The visitor's camera: a live view, and a button that takes a picture from it.
// Knows the camera; what becomes of the picture is given.

import { h } from "./dom.js";

const WORDS = {
  NotAllowedError: "the camera was not allowed; allow it for this page, or choose a file",
  NotFoundError: "no camera was found; choose a file",
  NotReadableError: "another program uses the camera; close it there, or choose a file",
};

/** Browsers give a page the camera only over https, or from the same machine. */
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** A live view in `place`; ends with `take(file)` or `close(message)`. */
export async function openCamera(place, { take, close }) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch (error) {
    close(WORDS[error.name] ?? `the camera could not be used: ${error.message}`);
    return;
  }
  const video = h("video", { autoplay: true, playsinline: true, "aria-label": "What the camera sees" });
  // A property only: as an attribute it would not silence a stream.
  video.muted = true;
  video.srcObject = stream;
  const end = () => {
    for (const track of stream.getTracks()) track.stop();
    place.replaceChildren();
  };
  const shoot = h("button", { type: "button", class: "quiet-button strong", click: async () => {
    const file = await frameOf(video);
    end();
    take(file);
  } }, "Take the picture");
  const stop = h("button", { type: "button", class: "quiet-button", click: () => {
    end();
    close(null);
  } }, "Cancel");
  place.replaceChildren(video, h("div", { class: "actions" }, shoot, stop));
  shoot.disabled = true;
  video.addEventListener("loadeddata", () => {
    shoot.disabled = false;
    shoot.focus();
  });
}

async function frameOf(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  return new File([blob], "camera.jpg", { type: blob.type });
}
