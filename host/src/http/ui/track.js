// One row of values under the pointer, a finger and the keys: choosing a step, and changing what it holds.
// Knows steps and pixels through the row's frame; knows nothing of what is drawn.

const REACH = 16;
const SLACK = 3;
const LEAP = 10;
const MOST_UNDONE = 100;

const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * `row` gives frame() with {x, y, first, last, perPixel}, span() of the steps that may change, valueAt, startAt
 * (where a change begins), unit() and floor(); it is told with chosen(at, typed), set(at, value) and hold(yes).
 */
export function track(element, row, reach = REACH) {
  let at = null;
  let typed = "";
  let held = null;
  let changed = [];

  const tell = () => row.chosen(at, typed);
  const choose = (to) => {
    at = to;
    typed = "";
    tell();
  };
  const isOpen = () => at !== null && at >= row.span()[0] && at <= row.span()[1];
  const remember = () => { changed = [...changed.slice(1 - MOST_UNDONE), [at, row.valueAt(at)]]; };
  const set = (value) => {
    const unit = row.unit();
    row.set(at, value === null ? null : Number((Math.max(row.floor(), Math.round(value / unit) * unit)).toPrecision(12)));
    tell();
  };
  const change = (value) => {
    if (!isOpen()) return;
    remember();
    set(value);
  };
  const commit = () => {
    const value = Number(typed.replace(",", "."));
    const isNumber = typed !== "" && Number.isFinite(value);
    typed = "";
    if (!isNumber || !isOpen()) return;
    remember();
    row.set(at, value);
  };
  const undo = () => {
    const last = changed.pop();
    if (!last || last[0] > row.span()[1]) return;
    [at] = last;
    row.set(...last);
    tell();
  };

  const stepAt = (event) => {
    const { x, first, last } = row.frame();
    const from = event.clientX - element.getBoundingClientRect().left - x(first);
    return within(first + Math.round(from / (x(first + 1) - x(first) || 1)), first, last);
  };
  const isNear = (event) => {
    const top = event.clientY - element.getBoundingClientRect().top;
    return isOpen() && Math.abs(top - row.frame().y(row.startAt(at))) <= reach;
  };

  element.addEventListener("pointermove", (event) => {
    if (!row.frame()) return;
    if (!held) {
      if (event.pointerType === "mouse") {
        if (stepAt(event) !== at) choose(stepAt(event));
        element.classList.toggle("near", isNear(event));
      }
      return;
    }
    const up = held.from - event.clientY;
    if (!held.moved && Math.abs(up) < SLACK) return;
    if (!held.moved) remember();
    held.moved = true;
    set(held.value + up * held.perPixel);
  });
  element.addEventListener("pointerdown", (event) => {
    if (!row.frame() || event.button !== 0) return;
    const isTouch = event.pointerType !== "mouse";
    const grip = isTouch && event.target.closest(".grip");
    if (!grip) choose(stepAt(event));
    element.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
    // A finger that has not chosen a point yet may only want to scroll past it.
    if (isTouch ? !grip : !isNear(event)) return;
    held = { from: event.clientY, value: row.startAt(at), perPixel: row.frame().perPixel, moved: false };
    row.hold(true);
    element.setPointerCapture(event.pointerId);
  });
  // The page must not scroll away under a held point; what is redrawn while it is touched loses its `touch-action`.
  element.addEventListener("touchstart", (event) => { if (event.target.closest(".grip")) event.preventDefault(); }, { passive: false });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, () => {
      if (held) row.hold(false);
      held = null;
    });
  }
  element.addEventListener("pointerleave", (event) => {
    element.classList.remove("near");
    if (event.pointerType === "mouse" && document.activeElement !== element) choose(null);
  });
  element.addEventListener("focus", () => { if (at === null && row.frame()) choose(row.resting()); });
  element.addEventListener("blur", () => {
    commit();
    choose(null);
  });

  const along = (to) => {
    commit();
    choose(within(to, ...row.span()));
  };
  const keys = (event) => {
    const stride = row.unit() * (event.shiftKey ? LEAP : 1);
    const now = row.startAt(at);
    return {
      ArrowLeft: () => along(at - 1),
      ArrowRight: () => along(at + 1),
      Home: () => along(row.span()[0]),
      End: () => along(row.span()[1]),
      ArrowUp: () => change(now + stride),
      ArrowDown: () => change(now - stride),
      PageUp: () => change(now + LEAP * row.unit()),
      PageDown: () => change(now - LEAP * row.unit()),
      Enter: () => along(at + 1),
      Delete: () => change(null),
      Backspace: () => {
        if (!typed) return change(null);
        typed = typed.slice(0, -1);
        return tell();
      },
      Escape: () => choose(typed ? at : null),
    }[event.key];
  };
  element.addEventListener("keydown", (event) => {
    if (!row.frame() || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "z") {
        event.preventDefault();
        undo();
      }
      return;
    }
    if (at === null) at = row.resting();
    const act = keys(event);
    if (!act && !/^[\d.,-]$/.test(event.key)) return;
    event.preventDefault();
    if (act) act();
    else {
      typed += event.key;
      tell();
    }
  });
  /** What was changed before belongs to other values. */
  return { forget: () => { changed = []; } };
}
