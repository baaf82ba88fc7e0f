// The forecast's chart as a file that needs no page: an SVG with its colours, fonts and words inside, or a PNG of it.
// Knows how a drawing is made whole; knows nothing of how it is drawn.

import { h, s } from "./dom.js";

const WIDE = 960;
const PAD = 32;
const HEAD = 96;
const FOOT = 24;
const SCALE = 2;
const INHERITED = { fill: "rgb(0, 0, 0)", stroke: "none", "fill-opacity": "1", "stroke-opacity": "1", "stroke-width": "1px", "stroke-linejoin": "miter", "stroke-linecap": "butt", "stroke-dasharray": "none", "font-weight": "400" };

/** The text of an SVG file: `chart.draw` at its own width under a title and a note, on the page's ground. */
export function svgFile(chart, { title, headline, note }) {
  const drawing = chart.draw(WIDE - 2 * PAD);
  const box = { width: WIDE, height: HEAD + Number(drawing.getAttribute("height")) + FOOT };
  const name = drawing.getAttribute("aria-label");
  drawing.setAttribute("x", PAD);
  drawing.setAttribute("y", HEAD);
  drawing.removeAttribute("role");
  drawing.removeAttribute("aria-label");
  const file = s("svg", { xmlns: "http://www.w3.org/2000/svg", ...box, viewBox: `0 0 ${box.width} ${box.height}`, "font-size": 13, role: "img" },
    s("title", {}, `${title}: ${headline}`),
    s("desc", {}, name),
    s("rect", { class: "file-ground", width: "100%", height: "100%" }),
    s("text", { class: "file-title", x: PAD, y: 40, "font-size": 18 }, headline),
    s("text", { class: "file-note", x: PAD, y: 64 }, `${title}. ${note}`),
    drawing);
  // Only in the page does a drawing have the page's colours.
  const stage = h("div", { class: "plot chart-file", "aria-hidden": "true" }, file);
  document.body.append(stage);
  file.setAttribute("font-family", getComputedStyle(file).fontFamily);
  for (const element of file.querySelectorAll("rect, path, line, circle, text")) settle(element);
  stage.remove();
  for (const element of file.querySelectorAll("[class]")) element.removeAttribute("class");
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(file)}\n`;
}

/** A PNG with two dots for each of the drawing's. */
export async function pngFile(chart, words) {
  const url = URL.createObjectURL(new Blob([svgFile(chart, words)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = h("canvas", { width: image.naturalWidth * SCALE, height: image.naturalHeight * SCALE });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Writes what the style sheets say of an element onto it, where that is not what a bare file has. */
function settle(element) {
  const style = getComputedStyle(element);
  for (const [name, bare] of Object.entries(INHERITED)) {
    const value = style.getPropertyValue(name);
    if (value !== bare) element.setAttribute(name, value);
  }
}
