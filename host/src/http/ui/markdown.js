// A small, safe subset of Markdown: headings, paragraphs, lists, tables, code, emphasis, links.
// Builds elements from text; raw HTML in the source stays text, and only http(s) links become links.

import { h } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|(?<![*\w])[*_]([^*_\s][^*_]*)[*_](?!\w)|!?\[([^\]]*)\]\(([^()\s]+(?:\([^()\s]*\))?)\)|<(https?:\/\/[^>\s]+)>/g;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s*(```|~~~)/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** Elements for a document; its headings begin at `level`, below the page's own. */
export function markdown(source, level = 3) {
  const lines = source.replace(/\r\n?/g, "\n").replace(/<!--[\s\S]*?-->/g, "").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (line.trim() === "" || RULE.test(line)) {
      at += 1;
      continue;
    }
    const [block, next] = blockAt(lines, at, level);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines, at, level) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [h(`h${Math.min(6, heading[1].length + level - 1)}`, {}, inline(heading[2])), at + 1];
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) return table(lines, at);
  if (ITEM.test(line)) return list(lines, at);
  if (line.startsWith(">")) {
    const end = until(lines, at, (one) => !one.startsWith(">"));
    return [h("blockquote", {}, markdown(lines.slice(at, end).map((one) => one.replace(/^>\s?/, "")).join("\n"), level)), end];
  }
  const begins = (one, where) => one.trim() === "" || FENCE.test(one) || HEADING.test(one) || ITEM.test(one) || TABLE_RULE.test(lines[where + 1] ?? "-x");
  const end = until(lines, at + 1, begins);
  return [h("p", {}, inline(lines.slice(at, end).map((one) => one.trim()).join(" "))), end];
}

function until(lines, from, stop) {
  let at = from;
  while (at < lines.length && !stop(lines[at], at)) at += 1;
  return at;
}

function fence(lines, at) {
  const mark = FENCE.exec(lines[at])[1];
  const end = until(lines, at + 1, (line) => line.trim().startsWith(mark));
  return [h("pre", { class: "code", tabindex: "0" }, lines.slice(at + 1, end).join("\n")), end + 1];
}

/** A list; deeper indented items become a list inside the item above. */
function list(lines, at) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const element = h(/\d/.test(mark) ? "ol" : "ul");
  let next = at;
  while (next < lines.length) {
    const found = ITEM.exec(lines[next]);
    if (found && found[1].length === indent.length) {
      element.append(h("li", {}, inline(found[3])));
      next += 1;
    } else if (found && found[1].length > indent.length) {
      const [inner, end] = list(lines, next);
      element.lastChild.append(inner);
      next = end;
    } else if (!found && lines[next].trim() !== "" && /^\s/.test(lines[next])) {
      element.lastChild.append(" ", ...inline(lines[next].trim()));
      next += 1;
    } else break;
  }
  return [element, next];
}

function table(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const right = cells(lines[at + 1]).map((cell) => cell.endsWith(":"));
  const end = until(lines, at + 2, (line) => !line.includes("|"));
  const row = (tag, line) => h("tr", {}, cells(line).map((cell, column) => h(tag, { class: right[column] ? "number" : null }, inline(cell))));
  return [h("div", { class: "table-scroll", tabindex: "0" }, h("table", {},
    h("thead", {}, row("th", lines[at])),
    h("tbody", {}, lines.slice(at + 2, end).map((line) => row("td", line))))), end];
}

function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    const [whole, code, strong, soft, label, target, bare] = found;
    if (code) parts.push(h("code", {}, code));
    else if (strong) parts.push(h("strong", {}, inline(strong)));
    else if (soft) parts.push(h("em", {}, inline(soft)));
    else if (bare || (/^https?:\/\//i.test(target) && !whole.startsWith("!"))) {
      parts.push(h("a", { href: bare ?? target, rel: "noopener noreferrer", target: "_blank" }, bare ?? inline(label)));
    } else parts.push(label);
    from = found.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "" && part !== undefined);
}
