// What was understood of a file, to be agreed with or changed: which column is what, and the first rows.
// Knows a task's roles and a file's columns; sends nothing.

import { itemsOf } from "./batch-items.js";
import { guessRoles, isHeader } from "./batch-task.js";
import { h, put } from "./dom.js";
import { excerpt, number, plural } from "./format.js";

const PREVIEW = 5;
const COLUMNS = 8;
const SAMPLED = 1000;

/** The second step; `go` is called with the items and the columns that they are shown by. */
export function mapping({ task, source, parameters, restart, go }) {
  const raw = asColumns(task, source);
  const element = h("div", { class: "batch-map" });
  let named = raw.rows ? raw.header !== null || isHeader(task, raw.rows[0]) : false;
  let roles = null;

  const columns = () => {
    if (!raw.rows || raw.header) return raw;
    const width = raw.rows.slice(0, SAMPLED).reduce((most, row) => Math.max(most, row.length), 0);
    const names = Array.from({ length: width }, (_, at) => (named && raw.rows[0][at]) || `column ${at + 1}`);
    const header = names.map((name, at) => (names.indexOf(name) < at ? `${name} (${at + 1})` : name));
    return { ...raw, header, rows: named ? raw.rows.slice(1) : raw.rows };
  };

  const show = () => {
    const now = columns();
    const missing = now.rows ? task.roles.filter(({ key, optional }) => !optional && roles[key] === null) : [];
    const items = missing.length ? null : itemsOf(task, now, roles, parameters);
    const used = now.rows ? [...new Set(Object.values(roles).filter((at) => at !== null))] : [0];
    put(element,
      h("div", { class: "batch-head" }, h("h3", {}, source.files?.length > 1 ? plural(source.files.length, "picture") : source.name), h("button", { type: "button", class: "quiet-button", click: restart }, source.files ? "Choose others" : "Another file")),
      h("p", { id: "batch-understood" }, source.note, told(task, now, roles, items, missing)),
      now.rows ? choices(now, task) : null,
      now.rows && !raw.header ? h("label", { class: "toggle" }, h("input", { type: "checkbox", checked: named, id: "batch-named", change: (event) => {
        named = event.target.checked;
        roles = null;
        begin();
        element.querySelector("#batch-named").focus();
      } }), "The first row holds the names of the columns") : null,
      now.rows ? preview(now, roles, task) : null,
      h("div", { class: "actions batch-go" },
        h("button", { type: "button", class: "primary", id: "batch-run", disabled: !items || items.count === 0, click: () => go(items, items.header === now.header ? used.slice(0, 4) : items.header.map((_, at) => at)) },
          items ? `Predict ${plural(items.count, items.noun, items.noun === "series" ? "series" : undefined)}` : "Predict"),
        parameters && Object.keys(parameters).length ? h("p", { class: "small" }, "With the form’s parameters: ", Object.entries(parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ")) : null));
  };

  const choices = ({ header }, { roles: wanted }) => {
    const fields = h("div", { class: "pair" }, wanted.map(({ key, title, optional }) => {
      const select = h("select", { id: `batch-${wanted.findIndex((one) => one.key === key)}`, "data-role": key, change: () => {
        roles[key] = select.value === "" ? null : Number(select.value);
        const { id } = select;
        show();
        element.querySelector(`#${id}`).focus();
      } }, optional || roles[key] === null ? h("option", { value: "" }, optional ? "none" : "choose a column") : null, header.map((name, at) => h("option", { value: at, selected: roles[key] === at }, name)));
      return h("div", { class: "field" }, h("label", { for: select.id }, title, optional ? h("span", { class: "optional" }, "optional") : null), select);
    }));
    const isSettled = wanted.length > 4 && wanted.every(({ key, optional }) => optional || roles[key] !== null);
    const wasOpen = element.querySelector(".batch-choices")?.open;
    return wanted.length > 4 ? h("details", { class: "fold batch-choices", open: wasOpen ?? !isSettled }, h("summary", {}, h("span", {}, "Change which column is what")), fields) : fields;
  };

  const begin = () => {
    const now = columns();
    roles = now.rows ? guessRoles(task, now.header, now.rows) : {};
    show();
  };
  begin();
  return element;
}

/** JSON lines of objects are rows under their keys, unless they are requests already. */
function asColumns(task, source) {
  if (!source.lines || !task.roles.length) return source;
  const sample = source.lines.slice(0, SAMPLED).filter((line) => !(line instanceof Error));
  const isRecord = (line) => typeof line === "object" && line !== null && !Array.isArray(line) && !("inputs" in line) && !Object.values(line).some((value) => typeof value === "object" && value !== null);
  const isText = task.kind === "texts" && sample.every((line) => typeof line === "string");
  if (sample.length === 0 || (!isText && !sample.every(isRecord))) return source;
  const header = isText ? ["text"] : [...new Set(sample.flatMap((line) => Object.keys(line)))];
  const rows = source.lines.map((line) => (isText ? [line] : header.map((name) => line?.[name] ?? "")));
  return { ...source, lines: undefined, header, rows };
}

/** "1,240 rows: `review` is the text." */
function told(task, { header, rows, lines, files }, roles, items, missing) {
  if (files) return "Each is one request; its name comes back with its result.";
  if (lines) return `${plural(lines.length, "line")}, each sent as the inputs of one request.`;
  if (missing.length) return `${plural(rows.length, "row")}. Choose which column is ${missing.map(({ title }) => title).join(", ")}.`;
  const said = task.roles.filter(({ key }) => roles[key] !== null);
  const short = task.kind === "table" ? [`${said.length === task.roles.length ? "all" : `${said.length} of`} ${plural(task.roles.length, "column")} of the model are there`]
    : said.flatMap(({ key, title }, at) => [at ? ", " : "", "column ", h("b", {}, header[roles[key]]), ` is the ${title.charAt(0).toLowerCase()}${title.slice(1)}`]);
  return [items.noun === "series" ? `${number(rows.length, 0)} rows make ${number(items.count, 0)} series: ` : `${plural(rows.length, "row")}: `, ...short, "."];
}

function preview({ header, rows }, roles, task) {
  const shown = header.map((_, at) => at).slice(0, COLUMNS);
  const roleAt = (at) => task.roles.find(({ key }) => roles[key] === at);
  const titleAt = (at) => [roleAt(at)?.title].filter((title) => title && title.toLowerCase() !== String(header[at]).toLowerCase()).map((title) => h("span", { class: "as" }, ` ${title}`));
  return h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "The first rows of the file" },
    h("table", { class: "batch-preview" },
      h("caption", { class: "offscreen" }, "The first rows of the file"),
      h("thead", {}, h("tr", {}, shown.map((at) => h("th", { scope: "col", class: roleAt(at) ? "strong" : null }, header[at], titleAt(at))))),
      h("tbody", {}, rows.slice(0, PREVIEW).map((row) => h("tr", {}, shown.map((at) => h("td", { dir: "auto" }, excerpt(row[at] ?? "", 60)))))),
      header.length > COLUMNS ? h("tfoot", {}, h("tr", {}, h("td", { colspan: String(COLUMNS) }, `and ${plural(header.length - COLUMNS, "more column")}`))) : null));
}
