// A table: one row as a form, or several as a grid.
// Knows which of the two is in view; what a row holds is in table-row.js, what rows hold in table-grid.js.

import { rowsOf, tableOf } from "./columns.js";
import { h } from "./dom.js";
import { grid, MOST } from "./table-grid.js";
import { rowForm } from "./table-row.js";

export function tableInput(spec, id, context) {
  const { columns } = spec;
  const one = rowForm(columns, id, context);
  const many = grid(columns, id);
  const several = h("input", { type: "checkbox", id: `${id}-rows` });
  const element = h("div", { class: "table-editor" }, one.element, many.element);
  const now = () => (several.checked ? many : one);

  const show = () => {
    one.element.hidden = several.checked;
    many.element.hidden = !several.checked;
  };
  // Rows that the form does not show are kept for when the grid is in view again.
  let rest = [];
  const carry = () => {
    const rows = several.checked ? [one.peek(), ...rest] : many.peek();
    if (several.checked) many.write(rows);
    else one.write(rows[0]);
    rest = rows.slice(1);
    show();
  };
  several.addEventListener("input", carry);
  // Half a row is no reason to predict.
  const guard = (event) => {
    try { now().read(); } catch { event.stopPropagation(); }
  };
  element.addEventListener("change", guard);
  several.addEventListener("change", guard);
  one.element.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/\t|\n./.test(text.trim())) return;
    event.preventDefault();
    several.checked = true;
    carry();
    many.paste(text);
    many.target.focus();
  });
  many.write([]);
  show();

  return {
    element,
    group: element,
    beside: h("label", { class: "toggle", for: several.id }, several, "Several rows"),
    get target() { return now().target; },
    read: () => tableOf([now().read()].flat(), columns),
    /** What there is of it, where some cells are still empty. */
    peek: () => tableOf([now().peek()].flat(), columns),
    write: (value) => {
      const rows = rowsOf(value) ?? [];
      rest = [];
      several.checked = rows.length > 1;
      many.write(rows);
      one.write(rows[0]);
      show();
    },
    fits: (value) => {
      const rows = rowsOf(value);
      const known = (name) => columns.some((column) => column.name === name);
      return rows !== null && rows.length <= MOST && rows.every((row) => Object.keys(row).every(known));
    },
    refuse: (message, at) => {
      one.refuse(null);
      many.refuse(null);
      return message ? now().refuse(message, at) : null;
    },
  };
}
