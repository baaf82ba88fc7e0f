// One row of a table as a small form: a control with its label for each column.
// Knows columns; knows nothing of several rows or of requests.

import { h } from "./dom.js";
import { frame } from "./frame.js";
import { SIMPLE, Unreadable } from "./inputs.js";

/** {element, target, read, peek, write, refuse}: peek gives what can be read. */
export function rowForm(columns, id, context) {
  const cells = columns.map((column, at) => {
    const own = `${id}-${/^\w+$/.test(column.name) ? column.name : at}`;
    const input = SIMPLE[column.kind](column, own, context);
    return { column, input, ...frame(column, own, input) };
  });
  for (const { element, refuse } of cells) element.addEventListener("input", () => refuse(null));
  return {
    element: h("div", { class: "pair row-form" }, cells.map(({ element }) => element)),
    get target() { return cells[0].input.target; },
    read: () => Object.fromEntries(cells.map(({ column, input }) => {
      const value = input.read();
      if (value === undefined && !column.optional) throw new Unreadable(`give a value for ${column.title}`, column.pointer);
      return [column.name, value];
    })),
    peek: () => Object.fromEntries(cells.map(({ column, input }) => [column.name, input.read()])),
    write: (row) => cells.forEach(({ column, input }) => input.write(row?.[column.name])),
    /** At the column that `at` is in; null where that is none of these. */
    refuse: (message, at) => {
      for (const { refuse } of cells) refuse(null);
      const named = at?.replace(/^\/inputs\/0(?=\/)/, "/inputs");
      const cell = cells.find(({ column }) => named === column.pointer || named?.startsWith(`${column.pointer}/`));
      return message && cell ? cell.refuse(message) : null;
    },
  };
}
