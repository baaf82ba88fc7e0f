// Tells when something happens to a model on the server, for as long as the page is open.
// Knows the address and when to listen again; nothing of what happens.

const TOGETHER_MS = 150;

/** Calls `changed` once for any number of events that come together; where nobody tells, it is never called. */
export function onChange(changed) {
  if (!("EventSource" in globalThis)) return;
  const source = new EventSource("events");
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, TOGETHER_MS);
  };
  for (const kind of ["stage", "live", "trial", "refused", "rolled_back", "unloaded", "missed"]) source.addEventListener(kind, heard);
}
