// The key that a server may ask for: where the visitor types it, kept for as long as the page is open.
// Knows where refusals are shown; sends nothing.

import { useKey } from "./api.js";
import { byId, h, prose, put } from "./dom.js";

/** Takes the place of a refusal for want of a key; Enter in the field sends the form again. */
export function askForKey(refusal) {
  const field = h("input", {
    type: "password", id: "api-key", autocomplete: "off", spellcheck: "false", "aria-describedby": "api-key-help",
    input: () => useKey(field.value.trim()),
  });
  put(byId("form-alert"),
    h("p", {}, prose(refusal.message)),
    h("label", { for: "api-key" }, "API key"), field,
    h("p", { class: "help", id: "api-key-help" }, "Whoever runs this server gives keys out. It is kept until you leave this page. Press Predict when it is typed."));
  field.focus();
}
