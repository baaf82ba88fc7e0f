// A list of sentences, one row each: Enter adds a row, Backspace in an empty one removes it, pasted lines become rows.
// Knows rows of text; knows nothing of what they are compared with.

import { h } from "./dom.js";
import { Unreadable } from "./inputs.js";

export function sentencesInput(spec, id) {
  const list = h("ol", { class: "sentence-list" });
  const rows = () => [...list.children];
  const textOf = (row) => row.querySelector("textarea");
  const number = () => rows().forEach((row, at) => {
    textOf(row).id = at === 0 ? id : `${id}-${at}`;
    textOf(row).setAttribute("aria-label", `Sentence ${at + 1}`);
    row.querySelector("button").setAttribute("aria-label", `Remove sentence ${at + 1}`);
  });
  const changed = () => {
    number();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const add = (text = "", after = list.lastElementChild) => {
    const row = h("li", {},
      h("textarea", { rows: 1, dir: "auto", keydown: (event) => key(event, row), paste: (event) => paste(event, row) }),
      h("button", { type: "button", class: "quiet-button remove", click: () => remove(row) }, "×"));
    textOf(row).value = text;
    if (after) after.after(row);
    else list.append(row);
    return row;
  };
  const remove = (row) => {
    const near = row.previousElementSibling ?? row.nextElementSibling;
    if (near) row.remove();
    else textOf(row).value = "";
    changed();
    textOf(near ?? row).focus();
  };
  const key = (event, row) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const next = add("", row);
      changed();
      textOf(next).focus();
    } else if (event.key === "Backspace" && textOf(row).value === "" && rows().length > 1) {
      event.preventDefault();
      remove(row);
    }
  };
  const paste = (event, row) => {
    const lines = event.clipboardData.getData("text").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    const [first, ...rest] = textOf(row).value.trim() === "" ? lines : [textOf(row).value, ...lines];
    textOf(row).value = first;
    textOf(rest.reduce((last, line) => add(line, last), row)).focus();
    changed();
  };
  const more = h("button", { type: "button", class: "quiet-button", click: () => {
    const row = add();
    changed();
    textOf(row).focus();
  } }, "Add a sentence");

  const write = (value) => {
    list.replaceChildren();
    for (const text of value?.length ? value : ["", ""]) add(text, list.lastElementChild);
    number();
  };
  write();
  const element = h("div", { class: "sentences-editor" }, list, more);
  return {
    element,
    group: element,
    get target() { return textOf(list.firstElementChild); },
    write,
    /** Empty rows are left out, so a row's place in the request is not always its place here. */
    read: () => {
      const texts = filled().map((row) => textOf(row).value);
      if (texts.length === 0 && spec.optional) return undefined;
      if (texts.length === 0) throw new Unreadable("write a sentence to compare with");
      return texts;
    },
    fits: (value) => value === undefined || value === null || (Array.isArray(value) && value.every((one) => typeof one === "string")),
    locate: (at) => {
      const row = filled()[Number(/\/(\d+)$/.exec(at ?? "")?.[1] ?? NaN)];
      return textOf(row ?? list.firstElementChild);
    },
  };

  function filled() {
    return rows().filter((row) => textOf(row).value.trim() !== "");
  }
}
