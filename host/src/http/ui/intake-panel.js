// Asks which columns of a table are the date, the values and the rows beside them, where that can be seen two ways.
// Knows a survey of the columns; what comes of a choice is said elsewhere, in words.

import { h } from "./dom.js";
import { plural } from "./format.js";

const ORDERS = [["", "choose"], ["day", "the day: 31/12"], ["month", "the month: 12/31"]];

/** The panel's content; `choose` is called with what changes in the choice. */
export function intakePanel(id, title, table, wanted, choose) {
  const { names, dates, numbers, date, value, order, orders, beside, body } = table;
  const pick = (name, label, options, chosen, take) => {
    const select = h("select", { id: `${id}-${name}`, input: (event) => event.stopPropagation(), change: (event) => {
      event.stopPropagation();
      take(select.value);
    } }, options.map(([key, text]) => h("option", { value: key, selected: String(key) === String(chosen ?? "") }, text)));
    return h("div", {}, h("label", { for: select.id }, label), select);
  };
  const columns = (list, none) => [...list.map((at) => [at, names[at]]), ...(none ? [["", none]] : [])];
  const at = (key) => (key === "" ? null : Number(key));
  return [
    h("p", {}, `${plural(names.length, "column")}, ${plural(body.length, "row")}. Which is which?`),
    h("div", { class: "pair" },
      dates.length ? pick("date", "Date", columns(dates, "none of them"), date, (key) => choose({ date: at(key), order: undefined })) : null,
      orders === "either" ? pick("order", "In a date, first comes", ORDERS, order, (key) => choose({ order: key || undefined })) : null,
      pick("value", title, columns(numbers), value, (key) => choose({ value: at(key) })),
      numbers.length > 1 ? wanted.map((one) => pick(`beside-${one.name}`, one.title, columns(numbers, "not in here"), beside[one.name],
        (key) => choose({ beside: { ...beside, [one.name]: at(key) } }))) : null),
  ];
}
