// Several rows of a table as a grid of cells that pastes from a spreadsheet.
// Knows columns and cells; knows nothing of requests.

import { cellsOf, cellValue } from "./columns.js";
import { h, prose, put } from "./dom.js";
import { number, plural } from "./format.js";
import { Unreadable } from "./inputs.js";

/** More rows than a page can hold at hand; the API takes more. */
export const MOST = 500;

/** {element, target, read, peek, write, paste, refuse}: peek gives what can be read. */
export function grid(columns, id) {
  const body = h("tbody");
  const count = h("p", { class: "count", "aria-live": "polite" });
  const error = h("p", { class: "error", hidden: true, id: `${id}-cell-error` });
  const rows = () => [...body.children];
  const inputsOf = (row) => [...row.querySelectorAll("input")];
  /** Rows with something in them: only these are sent, so the places in a request are counted in them. */
  const filled = () => rows().filter((row) => inputsOf(row).some(({ value }) => value.trim() !== ""));
  let marked = null;

  const tell = (note = "") => {
    rows().forEach((row, at) => {
      row.querySelector("th").textContent = String(at + 1);
      inputsOf(row).forEach((input, column) => input.setAttribute("aria-label", `Row ${at + 1}, ${columns[column].title}`));
      row.querySelector("button").setAttribute("aria-label", `Remove row ${at + 1}`);
    });
    count.textContent = [plural(rows().length, "row"), note].filter(Boolean).join("; ");
  };
  const add = (values = {}) => {
    const row = h("tr", {}, h("th", { scope: "row" }),
      columns.map((column, at) => {
        const input = h("input", {
          type: "text", spellcheck: "false", class: column.kind, inputmode: column.kind === "number" ? "decimal" : null,
          list: choicesOf(column) ? `${id}-choices-${at}` : null,
        });
        input.value = values[column.name] ?? "";
        return h("td", {}, input);
      }),
      h("td", {}, h("button", { type: "button", class: "quiet-button remove", click: () => remove(row) }, "×")));
    body.append(row);
    return row;
  };
  const changed = (note) => {
    tell(note);
    body.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const remove = (row) => {
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (!near) add();
    changed();
    inputsOf(near ?? body.firstElementChild)[0].focus();
  };
  const placeOf = (input) => {
    const row = input.closest("tr");
    return [rows().indexOf(row), inputsOf(row).indexOf(input)];
  };

  /** Fills cells from `row` and `column` on; names in the first line, where there are any, say which columns. */
  const paste = (text, row, column) => {
    const lines = cellsOf(text);
    const named = lines[0].map((cell) => columns.findIndex(({ name, title }) => [name, title].some((one) => one.toLowerCase() === cell.toLowerCase())));
    const headed = named.filter((at) => at >= 0).length * 2 > named.length;
    const places = headed ? named : lines[0].map((_, at) => column + at);
    const data = headed ? lines.slice(1) : lines;
    // A table with its own names is a whole one, and what was there before is no part of it.
    if (headed) body.replaceChildren();
    const from = headed ? 0 : row;
    const kept = data.slice(0, MOST - from);
    while (rows().length < Math.max(1, from + kept.length)) add();
    const targets = rows();
    kept.forEach((cells, at) => {
      const inputs = inputsOf(targets[from + at]);
      cells.forEach((cell, which) => { if (inputs[places[which]]) inputs[places[which]].value = cell; });
    });
    const unknown = headed ? lines[0].filter((_, at) => named[at] < 0) : [];
    changed([
      unknown.length ? `left out: ${unknown.join(", ")}` : "",
      kept.length < data.length ? `${number(data.length - kept.length, 0)} more rows were left out: the page takes ${MOST}, the API more` : "",
    ].filter(Boolean).join("; "));
  };
  body.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!event.target.matches("input") || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const [row, column] = placeOf(event.target);
    paste(text, row, column);
    inputsOf(rows()[Math.min(row, rows().length - 1)])[column].focus();
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
    if (!step || !event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    const [row, column] = placeOf(event.target);
    if (event.key === "Enter" && row === rows().length - 1 && rows().length < MOST) {
      add();
      changed();
    }
    const next = rows()[row + step];
    if (next) inputsOf(next)[column].focus();
  });

  const more = h("button", { type: "button", class: "quiet-button", click: () => {
    if (rows().length >= MOST) return;
    const row = add();
    changed();
    inputsOf(row)[0].focus();
  } }, "Add a row");
  const refuse = (message, at) => {
    marked?.removeAttribute("aria-invalid");
    marked = null;
    put(error);
    const [place, column] = message ? cellAt(columns, at) : [];
    const row = message ? filled()[place] ?? rows()[place] : null;
    if (!row) return null;
    marked = inputsOf(row)[column];
    marked.setAttribute("aria-invalid", "true");
    put(error, `Row ${rows().indexOf(row) + 1}, ${columns[column].title}: `, prose(message));
    return marked;
  };

  return {
    element: h("div", { class: "grid-editor" },
      h("div", { class: "table-scroll" }, h("table", { class: "grid" },
        h("thead", {}, h("tr", {}, h("td", {}), columns.map(({ title, unit, kind }) => h("th", { scope: "col", class: kind }, title, unit ? `, ${unit}` : "")), h("td", {}))),
        body)),
      error,
      h("div", { class: "actions" }, more, count),
      h("p", { class: "help" }, "Paste from a spreadsheet into any cell; a first line with the columns’ names is understood."),
      columns.map((column, at) => (choicesOf(column)
        ? h("datalist", { id: `${id}-choices-${at}` }, choicesOf(column).map((value) => h("option", { value: String(value) }))) : null))),
    get target() { return inputsOf(body.firstElementChild)[0]; },
    paste: (text) => paste(text, 0, 0),
    refuse,
    write: (values) => {
      body.replaceChildren();
      for (const row of values.length ? values : [{}]) add(row);
      tell();
    },
    read: () => {
      if (filled().length === 0) throw new Unreadable("fill in a row first", "/inputs/0");
      return filled().map((row, at) => Object.fromEntries(columns.map((column, place) => {
        const where = `${column.pointer}/${at}`;
        let value;
        try { value = cellValue(column, inputsOf(row)[place].value); } catch (error) { throw new Unreadable(error.message, where); }
        if (value === undefined && !column.optional) throw new Unreadable("this cell is empty; give a value", where);
        return [column.name, value];
      })));
    },
    peek: () => rows().map((row) => Object.fromEntries(columns.map((column, place) => {
      try { return [column.name, cellValue(column, inputsOf(row)[place].value)]; } catch { return [column.name, undefined]; }
    }))),
  };
}

const choicesOf = ({ kind, schema }) => ({ select: schema.enum, switch: [true, false] })[kind];

/** Row and column of `/inputs/COLUMN/ROW` or `/inputs/ROW/COLUMN`. */
function cellAt(columns, at) {
  const [, first, second] = /^\/inputs\/([^/]+)(?:\/([^/]+))?$/.exec(at ?? "") ?? [];
  if (first === undefined) return [-1, -1];
  const named = columns.findIndex(({ pointer }) => pointer === `/inputs/${first}`);
  if (named >= 0) return [Number(second ?? 0), named];
  const column = columns.findIndex(({ pointer }) => pointer === `/inputs/${second}`);
  return [Number(first), Math.max(0, column)];
}
