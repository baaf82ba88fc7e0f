// Delimited text as rows of cells, after RFC 4180: from a file, or pasted from a spreadsheet. Pure.
// Knows separators and quotes; knows nothing of what cells mean.

const LOOK = 20;

/** Rows of {cells, line}, `line` counted from one; blank rows are left out. */
export function sheetOf(text) {
  const clean = text.replace(/^\uFEFF/, "");
  // Spreadsheets may name the separator in a first line of its own.
  const named = /^sep=(.)\r?\n/i.exec(clean);
  const body = named ? clean.slice(named[0].length) : clean;
  const mark = named?.[1] ?? markOf(body);
  const rows = mark ? split(body, mark) : body.split(/\r\n|\r|\n/).map((line, at) => ({ cells: line.trim().split(/\s+/), line: at + 1 }));
  return rows.filter(({ cells }) => cells.some((cell) => cell !== "")).map((row) => (named ? { ...row, line: row.line + 1 } : row));
}

/** The separator: a tab, a semicolon or a comma; null where only blanks separate. */
function markOf(text) {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  const head = lines.slice(0, LOOK).map((line) => line.replace(/"[^"]*"/g, ""));
  const found = ["\t", ";"].find((mark) => head.some((line) => line.includes(mark)));
  if (found) return found;
  // One number a line with a comma inside, `1,240` or `12,5`, is one cell and no list.
  if (lines.length > 1 && lines.every((line) => /^\s*-?\d+(,\d+)?\s*$/.test(line))) return null;
  return head.some((line) => line.includes(",")) || text.trimStart().startsWith('"') ? "," : null;
}

function split(text, mark) {
  const rows = [];
  let cells = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  let begun = 1;
  const endCell = () => {
    cells.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push({ cells, line: begun });
    cells = [];
    begun = line + 1;
  };
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    const breaks = one === "\n" || (one === "\r" && text[at + 1] !== "\n");
    if (isQuoted) {
      if (one !== '"') cell += one;
      else if (text[at + 1] === '"') {
        cell += one;
        at += 1;
      } else isQuoted = false;
    } else if (one === '"' && cell.trim() === "") isQuoted = true;
    else if (one === mark) endCell();
    else if (breaks) endRow();
    else if (one !== "\r") cell += one;
    if (breaks) line += 1;
  }
  endRow();
  return rows;
}
