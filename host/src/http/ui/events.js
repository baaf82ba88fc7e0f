// Tells when something happens to a model on the server, for as long as the page is open.
// Knows the address and which events there are; nothing of what the page makes of them.

const TOGETHER_MS = 150;
const CHANGES = ["live", "trial", "refused", "rolled_back", "unloaded", "missed"];

/**
 * `step` gets each step of a load; `changed` is called once for any number of other events that come together.
 * Where nobody tells, neither is ever called.
 */
export function onEvents({ step, changed }) {
  if (!("EventSource" in globalThis)) return;
  let source = null;
  let timer = 0;
  const listen = () => {
    source = new EventSource("events");
    source.addEventListener("stage", ({ data }) => step(JSON.parse(data)));
    for (const kind of CHANGES) {
      source.addEventListener(kind, () => {
        clearTimeout(timer);
        timer = setTimeout(changed, TOGETHER_MS);
      });
    }
  };
  // A browser holds six connections to a host: tabs that nobody sees must not keep them all.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      listen();
      changed();
    }
  });
  if (!document.hidden) listen();
}
