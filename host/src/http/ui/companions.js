// What goes with a series in the form: the date of its first value, the steps ahead, and the rows known beside it.
// Knows controls and their names; knows nothing of how they are drawn.

/** Lets the series know its companions, and what is found in a pasted series fill the fields that it belongs to. */
export function joinCompanions(controls) {
  const series = controls.find((one) => one.spec.kind === "series");
  if (!series?.join) return;
  const named = (name, kind) => controls.find(({ spec }) => spec.kind === kind && spec.path.at(-1) === name);
  const start = named("start", "date");
  const horizon = named("horizon", "number");
  const rows = rowsOf(controls);
  series.join({
    start: () => start?.read() ?? null,
    ahead: () => Math.max(rows.some(({ future }) => future) ? horizon?.read() ?? 0 : 0, ...rows.map((row) => row.values("future").length)),
    rows,
  });
  series.element.addEventListener("series", ({ detail }) => {
    if (detail.start && start) start.write(detail.start);
    if (!detail.table || detail.problem) return;
    for (const row of rows) {
      row.lend("past", detail.columns[row.name], detail.values.length);
      row.lend("future", detail.ahead[row.name], detail.values.length);
    }
  });
  const watched = [start, horizon, ...rows.flatMap(({ past, future }) => [past, future])];
  for (const one of watched) one?.element.addEventListener("input", () => series.refresh());
}

/** Values that came with a series fit none of another length. */
export function dropBorrowed(controls) {
  const series = controls.find((one) => one.spec.kind === "series");
  let length;
  try { length = series?.read()?.length; } catch { return false; }
  const stale = controls.filter(({ element }) => element.dataset.borrowed && Number(element.dataset.borrowed) !== length);
  for (const one of stale) {
    one.write(undefined);
    delete one.element.dataset.borrowed;
  }
  if (stale.length) series?.refresh?.();
  return stale.length > 0;
}

/** One row for each name among the fields beside the history and those of the days ahead. */
function rowsOf(controls) {
  const beside = controls.filter(({ spec }) => spec.kind === "numbers" && ["past", "future"].includes(spec.group));
  return [...Map.groupBy(beside, ({ spec }) => spec.path.at(-1))].map(([name, members]) => {
    const part = (group) => members.find(({ spec }) => spec.group === group) ?? null;
    return row(name, members[0].spec.title, part("past"), part("future"));
  });
}

function row(name, title, past, future) {
  const parts = { past, future };
  const values = (part) => {
    try { return parts[part]?.read() ?? []; } catch { return []; }
  };
  const write = (part, list) => {
    const control = parts[part];
    control.write(list.some((value) => value !== null) ? list : undefined);
    control.target.dispatchEvent(new Event("input", { bubbles: true }));
  };
  /** Values that came with a series of this `length` go with it too; those typed here stay. */
  const lend = (part, list, length) => {
    const control = parts[part];
    if (!control || (!list && !control.element.dataset.borrowed)) return;
    write(part, list ?? []);
    if (list) control.element.dataset.borrowed = length;
  };
  return {
    name, title, past, future, values, lend,
    /** One value; the steps before it that have none are unknown, as are those of a history of this `length`. */
    set: (part, at, value, length) => {
      const list = Array.from({ length: Math.max(length, at + 1, values(part).length) }, (_, step) => values(part)[step] ?? null);
      list[at] = value;
      write(part, list);
    },
  };
}
