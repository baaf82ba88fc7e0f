// A chosen file as rows: CSV with any of three marks, JSON lines, plain lines, a JSON list. Read in pieces, so that the page stays alive.
// Knows file formats; knows nothing of models.

import { number } from "./format.js";

export const MOST_ROWS = 200_000;
export const MOST_BYTES = 100_000_000;
const MARKS = [",", ";", "\t"];
const QUOTE = 34;

/** {name, header, rows, note}, with rows of cells; or {name, lines, note}, with JSON values and `Error`s where a line is none. */
export async function readRows(file, most = MOST_ROWS) {
  if (file.size > MOST_BYTES) throw new Error(`${file.name} has ${number(file.size / 1e6, 0)} MB; up to ${MOST_BYTES / 1e6} MB are read here. Split it, or call the API.`);
  const encoding = await encodingOf(file);
  const note = encoding === "utf-8" ? "" : `Read as ${encoding}. `;
  const found = await parse(file, encoding, most);
  if ((found.rows ?? found.lines).length === 0) throw new Error(`${file.name} has no rows.`);
  const cut = found.isCut ? `Only the first ${number(most, 0)} rows are read. ` : "";
  return { name: file.name, ...found, note: note + cut };
}

async function parse(file, encoding, most) {
  const head = (await file.slice(0, 65_536).text()).trimStart();
  const ending = /\.(\w+)$/.exec(file.name.toLowerCase())?.[1];
  if (ending === "json" && head.startsWith("[")) {
    const list = toJson(await file.text());
    if (list instanceof Error) throw new Error(`${file.name} is not JSON: ${list.message}`);
    return { lines: list.slice(0, most), isCut: list.length > most };
  }
  if (["jsonl", "ndjson", "json"].includes(ending)) return collect(file, encoding, most, lineReader(toLine), "lines");
  if (ending === "txt" && !head.includes("\t")) {
    return { ...await collect(file, encoding, most, lineReader((line) => [line]), "rows"), header: ["text"] };
  }
  const first = head.split(/\r?\n/, 1)[0].replace(/"[^"]*"/g, "");
  const mark = MARKS.map((one) => [first.split(one).length, one]).sort((a, b) => b[0] - a[0])[0][1];
  return { ...await collect(file, encoding, most, csvReader(mark), "rows"), header: null };
}

/** Reads the pieces of a file one after the other; the page is drawn between them. */
async function collect(file, encoding, most, reader, kind) {
  const found = [];
  const stream = file.stream().pipeThrough(new TextDecoderStream(encoding)).getReader();
  for (let next = await stream.read(); !next.done && found.length <= most; next = await stream.read()) {
    for (let at = 0; at < next.value.length; at += 262_144) {
      reader.push(next.value.slice(at, at + 262_144), found);
      await new Promise((resolve) => { setTimeout(resolve); });
    }
  }
  stream.cancel().catch(() => {});
  reader.end(found);
  return { [kind]: found.slice(0, most), isCut: found.length > most };
}

/** Spreadsheets still write the encodings of their time. */
async function encodingOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 65_536).arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

function lineReader(read) {
  let rest = "";
  return {
    push: (text, found) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) if (line.trim() !== "") found.push(read(line));
    },
    end: (found) => { if (rest.trim() !== "") found.push(read(rest)); },
  };
}

function toLine(text) {
  const line = toJson(text);
  return line instanceof Error ? new Error(`This line is not JSON: ${line.message}`) : line;
}

function toJson(line) {
  try {
    return JSON.parse(line);
  } catch (error) {
    return new Error(error.message);
  }
}

/** RFC 4180 over pieces of text: a quoted cell may hold marks, line ends and doubled quotes. */
function csvReader(mark) {
  const between = mark.charCodeAt(0);
  let cell = "";
  let row = [];
  let isQuoted = false;
  let isClosed = false;
  const endCell = (text) => {
    row.push(isClosed ? cell : (cell + text).trim());
    cell = "";
    isClosed = false;
  };
  const endRow = (found) => {
    if (row.length > 1 || row[0] !== "") found.push(row);
    row = [];
  };
  return {
    push: (text, found) => {
      let from = 0;
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (isQuoted) {
          if (code !== QUOTE) continue;
          cell += text.slice(from, at);
          from = at + 1;
          isQuoted = false;
          isClosed = true;
        } else if (code === QUOTE && (isClosed ? from === at : (cell + text.slice(from, at)).trim() === "")) {
          cell = isClosed ? `${cell}"` : "";
          from = at + 1;
          isQuoted = true;
          isClosed = false;
        } else if (code === between || code === 10) {
          endCell(text.slice(from, at));
          from = at + 1;
          if (code === 10) endRow(found);
        }
      }
      if (isQuoted || !isClosed) cell += text.slice(from);
    },
    end: (found) => {
      endCell("");
      endRow(found);
    },
  };
}
