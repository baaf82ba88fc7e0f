// What is around every control: its label above, help below, a refusal in place of the help.
// Knows the parts that a control may have; knows nothing of values.

import { h, prose } from "./dom.js";

/** {element, refuse}: refuse shows a message, or clears it with null, and returns where to take the visitor. */
export function frame(spec, id, input) {
  const said = input.help ?? spec.help;
  const help = h("p", { class: "help", id: `${id}-help` }, said ? prose(said) : null);
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const name = [input.title ?? spec.title, spec.optional ? h("span", { class: "optional" }, "optional") : null];
  const label = input.group ? h("span", { class: "label", id: `${id}-label` }, name) : h("label", { for: id }, name);
  const head = input.beside ? h("div", { class: "label-row" }, label, input.beside) : label;
  const element = h("div", { class: `field ${spec.kind}`, "data-pointer": spec.pointer }, head, input.element, help, error);
  help.hidden = !said;
  const described = input.group ?? input.target;
  described.setAttribute("aria-describedby", `${id}-help ${id}-error`);
  input.group?.setAttribute("role", "group");
  input.group?.setAttribute("aria-labelledby", `${id}-label`);

  let marked = null;
  const show = (message) => {
    error.replaceChildren(...(message ? prose(message) : []));
    error.hidden = !message;
    help.hidden = Boolean(message) || !said;
  };
  const refuse = (message, at = null) => {
    marked?.removeAttribute("aria-invalid");
    marked = null;
    const inner = input.refuse?.(message, at);
    show(inner ? null : message);
    if (inner || !message) return inner ?? null;
    marked = input.locate?.(at) ?? (input.group ? null : input.target);
    marked?.setAttribute("aria-invalid", "true");
    return marked ?? input.target;
  };
  return { element, refuse };
}
