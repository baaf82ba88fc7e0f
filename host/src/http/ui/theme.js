// Light, dark, or as the system has it: a choice of the visitor's, kept where the browser lets it be kept.
// Runs before the page is painted; knows nothing else of the page.

(() => {
  const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };
  const KEY = "theme";
  const root = document.documentElement;
  // A frame without storage has the choice for as long as it is open.
  const keep = (work) => { try { return work(localStorage); } catch { return null; } };
  const set = (name) => {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
  };
  const now = () => root.dataset.theme ?? "auto";
  const tell = () => {
    const button = document.getElementById("theme");
    button.textContent = NAMES[now()];
    button.setAttribute("aria-label", `Colours: ${NAMES[now()].toLowerCase()}`);
  };

  const kept = keep((storage) => storage.getItem(KEY));
  if (kept in NAMES) set(kept);
  document.addEventListener("DOMContentLoaded", tell);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme")) return;
    const names = Object.keys(NAMES);
    const next = names[(names.indexOf(now()) + 1) % names.length];
    set(next);
    keep((storage) => storage.setItem(KEY, next));
    tell();
  });
})();
