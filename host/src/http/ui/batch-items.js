// The inputs that a file's rows become: one for a text, a pair, a row of a table, a picture; one for all rows of a series.
// Knows requests' shapes; sends nothing, and leaves it to the server to say what is wrong with a value.

import { cellValue } from "./columns.js";
import { readPicture } from "./picture.js";
import { parseSeries } from "./series.js";

/** {count, noun, header, cellsOf, requestOf}: `requestOf` makes one request of the inputs at some places, and is asked late. */
export function itemsOf(task, source, roles, parameters) {
  const build = { texts, table, similarity, series, pictures, inputs }[source.lines ? "inputs" : task.kind];
  const items = build(task, source, roles, parameters);
  const wrap = (list) => ({ inputs: task.most > 1 ? list : list[0], parameters });
  return {
    noun: "row",
    count: source.rows?.length,
    most: task.most,
    header: source.header,
    cellsOf: (at) => source.rows[at],
    requestOf: async (places) => wrap(await Promise.all(places.map(items.inputOf))),
    ...items,
  };
}

const textOf = (cell) => (cell === null || cell === undefined ? "" : String(cell));

function texts(task, { rows }, { text, text_pair: pair }) {
  return {
    inputOf: (at) => {
      const first = textOf(rows[at][text]);
      if (first.trim() === "") throw new Error("There is no text in this row.");
      return pair === null ? first : { text: first, text_pair: textOf(rows[at][pair]) };
    },
  };
}

function table({ columns, most }, { rows }, roles) {
  const used = columns.filter(({ name }) => roles[name] !== null);
  return {
    inputOf: (at) => Object.fromEntries(used.flatMap((column) => {
      const cell = rows[at][roles[column.name]];
      const value = typeof cell === "string" ? readCell(column, cell) : cell ?? undefined;
      return value === undefined ? [] : [[column.name, most > 1 ? value : [value]]];
    })),
  };
}

function readCell(column, cell) {
  try {
    return cellValue(column, cell);
  } catch {
    return cell;
  }
}

function similarity(task, { rows }, roles, parameters) {
  return {
    requestOf: ([at]) => ({ inputs: { source_sentence: textOf(rows[at][roles.source_sentence]), sentences: [textOf(rows[at][roles.sentences])] }, parameters }),
  };
}

/** All rows of one name are one series; dated rows at its end without a value are plans for the days ahead. */
function series({ covariates }, { rows }, roles) {
  const groups = [...Map.groupBy(rows.keys(), (at) => (roles.item === null ? "" : textOf(rows[at][roles.item])))];
  const used = covariates.filter((name) => roles[name] !== null);
  const inputOf = (at) => {
    const [item, places] = groups[at];
    const lines = places.map((place) => [roles.date, roles.value, ...used.map((name) => roles[name])].filter((one) => one !== null).map((one) => textOf(rows[place][one])).join("\t"));
    const wanted = used.map((name) => ({ name, title: name }));
    const parsed = parseSeries([[roles.date === null ? null : "date", "value", ...used].filter(Boolean).join("\t"), ...lines].join("\n"), {}, wanted);
    if (parsed.problem) throw new Error(`${parsed.problem.charAt(0).toUpperCase()}${parsed.problem.slice(1)}.`);
    const known = (columns) => Object.fromEntries(Object.entries(columns).filter(([, values]) => values.some((value) => value !== null)));
    const [past, future] = [known(parsed.columns), known(parsed.ahead)];
    return {
      series: parsed.values,
      ...(parsed.start ? { start: parsed.start } : {}),
      ...(parsed.step === 7 ? { frequency: "W" } : {}),
      ...(item ? { item } : {}),
      ...(Object.keys(past).length ? { past } : {}),
      ...(Object.keys(future).length ? { future } : {}),
    };
  };
  return { noun: "series", count: groups.length, header: ["item", "values"], cellsOf: (at) => [groups[at][0] || "series", groups[at][1].length], inputOf };
}

function pictures({ bounds }, { files }, roles, parameters) {
  return {
    noun: "picture", count: files.length, most: 1, header: ["file"],
    cellsOf: (at) => [files[at].name],
    requestOf: async ([at]) => ({ inputs: await readPicture(files[at], bounds), parameters }),
  };
}

/** Each line is a request of its own: `{"inputs": …, "parameters": …}`, or what `inputs` would be. */
function inputs(task, { lines }, roles, parameters) {
  return {
    noun: "line", count: lines.length, most: 1, header: ["inputs"],
    cellsOf: (at) => [lines[at] instanceof Error ? "" : brief(lines[at]?.inputs ?? lines[at])],
    requestOf: ([at]) => {
      const line = lines[at];
      if (line instanceof Error) throw line;
      const whole = typeof line === "object" && line !== null && "inputs" in line ? line : { inputs: line };
      return { ...whole, parameters: parameters || whole.parameters ? { ...parameters, ...whole.parameters } : undefined };
    },
  };
}

const brief = (value) => (typeof value === "string" ? value : JSON.stringify(value));
