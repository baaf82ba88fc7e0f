// What was typed in one form, taken over into the next, and values that a control may have no place for.
// Knows controls; knows nothing of models or of what the values mean.

/** Whether a control is the one that a field needs, so that it can stay with all that it holds. */
export const isSame = (one, spec, context) => JSON.stringify([one.spec, one.context]) === JSON.stringify([spec, context]);

/** Takes over what the fields that are gone held; the titles of what nothing takes over. `given` tells what a field adds to a request. */
export function carry(gone, controls, given) {
  return gone.flatMap((old) => {
    const heir = controls.find(({ spec }) => spec.pointer === old.spec.pointer);
    const { title } = old.spec;
    if (heir?.spec.columns && old.peek) return takeRows(heir, old);
    let value;
    try { value = given(old, true); } catch { return takeUnread(heir, old) ? [] : title; }
    if (value === undefined) return [];
    if (!heir || !attempt(heir, value)) return title;
    try { return JSON.stringify(heir.read()) === JSON.stringify(value) ? [] : title; } catch { return []; }
  });
}

/** A table goes on with the columns that it still has; the titles of the others that held something. */
function takeRows(heir, old) {
  const known = ([name]) => heir.spec.columns.some((column) => column.name === name);
  const table = Object.entries(old.peek());
  attempt(heir, Object.fromEntries(table.filter(known)));
  return table.filter((entry) => !known(entry)).map(([name]) => old.spec.columns.find((column) => column.name === name)?.title ?? name);
}

/** Whether nothing is lost of a field that cannot be read yet: half a word, half a date. */
function takeUnread(heir, old) {
  const isTyped = [...old.element.querySelectorAll("textarea, input:not([type=checkbox], [type=file])")].some(({ value }) => value.trim() !== "");
  if (!isTyped) return true;
  if (heir?.spec.kind !== old.spec.kind) return false;
  if (old.target.tagName !== heir.target.tagName) return false;
  heir.target.value = old.target.value;
  heir.target.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

/** Whether a control took a value; one that it cannot hold leaves it empty. */
export function attempt(one, value) {
  try {
    one.write(value);
    return true;
  } catch {
    one.write(undefined);
    return false;
  }
}
