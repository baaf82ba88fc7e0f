// How alike vectors are, each with each: a table whose cells are tinted by their cosine.
// Knows vectors and the names of what they stand for; sends nothing.

import { h } from "./dom.js";
import { excerpt, number } from "./format.js";

const TINTS = 10;

/** Cosines of each vector with each. */
export function cosines(vectors) {
  const units = vectors.map((vector) => {
    const norm = Math.hypot(...vector);
    return norm > 0 ? vector.map((value) => value / norm) : vector;
  });
  return units.map((one) => units.map((other) => one.reduce((sum, value, at) => sum + value * other[at], 0)));
}

/** The two that are most alike: [first, second, cosine]. */
export function closest(matrix) {
  let best = [0, 1, -Infinity];
  for (let row = 0; row < matrix.length; row += 1) {
    for (let column = row + 1; column < matrix.length; column += 1) {
      if (matrix[row][column] > best[2]) best = [row, column, matrix[row][column]];
    }
  }
  return best;
}

/** The table; its tints begin at the least alike where all are alike. */
export function affinityTable(matrix, names) {
  const others = matrix.flatMap((row, at) => row.filter((_, column) => column !== at));
  const least = Math.min(...others);
  const from = least > 0.5 ? Math.floor(least * 10) / 10 : 0;
  const tint = (value) => Math.max(0, Math.min(TINTS, Math.round(((value - from) / (1 - from)) * TINTS)));
  const readout = h("p", { class: "chart-readout" });
  const rest = () => readout.replaceChildren(h("span", {}, `Cosine of each two texts; the tint runs from ${number(from, from ? 1 : 0)} to 1`));
  const tell = (row, column) => readout.replaceChildren(
    h("b", {}, number(matrix[row][column], 3)),
    h("span", { class: "pairing", dir: "auto" }, `${excerpt(names[row], 48)} – ${excerpt(names[column], 48)}`));
  rest();
  const cell = (value, row, column) => h("td", { class: `heat-${tint(value)}`, "data-row": row, "data-column": column, "data-value": value }, number(value, 2));
  const over = (event) => {
    const here = event.target.closest("td[data-row]");
    if (here) tell(Number(here.dataset.row), Number(here.dataset.column));
    else rest();
  };
  return h("figure", { class: "chart" }, readout,
    h("div", { class: "table-scroll tall", tabindex: "0", role: "region", "aria-label": "Similarity of each two texts" },
      h("table", { class: "affinity", id: "affinity", pointerover: over, pointerleave: rest },
        h("caption", { class: "offscreen" }, "Cosine similarity of each two texts"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Text"), matrix.map((_, at) => h("th", { scope: "col", title: excerpt(names[at], 120) }, String(at + 1))))),
        h("tbody", {}, matrix.map((row, at) => h("tr", {},
          h("th", { scope: "row", dir: "auto", title: excerpt(names[at], 300) }, h("span", { class: "small" }, `${at + 1} `), excerpt(names[at], 40)),
          row.map((value, column) => cell(value, at, column))))))));
}
