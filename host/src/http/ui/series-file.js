// A file as text that a series can be read from, or why it cannot be.
// Knows sizes and kinds of files; knows nothing of columns.

import { bytes } from "./format.js";

const MOST_BYTES = 2_000_000;

export async function textOf(file) {
  if (file.size > MOST_BYTES) {
    throw new Error(`\`${file.name}\` has ${bytes(file.size)}; a series is read from at most ${bytes(MOST_BYTES)}. Keep the columns and rows that are needed`);
  }
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  if (isZip || /\.(xlsx?|ods|numbers)$/i.test(file.name)) {
    throw new Error(`\`${file.name}\` is a workbook, which may hold several sheets. Save the sheet as CSV and choose that file`);
  }
  const data = await file.arrayBuffer();
  const wide = start[0] === 0xff && start[1] === 0xfe ? "utf-16le" : start[0] === 0xfe && start[1] === 0xff ? "utf-16be" : null;
  const text = decode(data, wide ?? "utf-8") ?? decode(data, "windows-1252");
  if (text.includes("\0")) throw new Error(`\`${file.name}\` holds no text. Choose a CSV or text file`);
  if (text.trim() === "") throw new Error(`\`${file.name}\` is empty`);
  return text;
}

/** Older spreadsheets write what is no UTF-8. */
function decode(data, name) {
  try {
    return new TextDecoder(name, { fatal: true }).decode(data);
  } catch {
    return null;
  }
}
