// Ticks and labels that do not collide. Pure arithmetic in pixels.
// Knows nothing of SVG or of forecasts.

const MAX_HISTORY = 56;
const MIN_HISTORY = 28;
const PER_STEP = 8.8;

/** Round values from at most `low` to at least `high`, about `count` of them. */
export function niceTicks(low, high, count) {
  const span = high - low || 1;
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** Steps to label, so that one is the `anchor` and neighbours keep `gap` pixels; whole weeks where days allow. */
export function stepTicks(first, last, anchor, perStep, gap, stepDays) {
  const sizes = stepDays === 1 ? [1, 7, 14, 28, 56, 91, 182, 364] : [1, 2, 4, 13, 26, 52, 104];
  const every = sizes.find((size) => size * perStep >= gap) ?? Math.ceil(gap / perStep);
  const ticks = [];
  for (let at = anchor; at >= first; at -= every) ticks.unshift(at);
  for (let at = anchor + every; at <= last; at += every) ticks.push(at);
  return ticks;
}

/** Moves labels apart to `gap` pixels within [top, bottom], in the order of their places; changes `y`. */
export function spread(labels, gap, top, bottom) {
  const order = [...labels].sort((a, b) => a.y - b.y);
  order.forEach((label, at) => {
    const floor = at === 0 ? top : order[at - 1].y + gap;
    label.y = Math.max(label.y, floor);
  });
  order.reverse().forEach((label, at) => {
    const roof = at === 0 ? bottom : order[at - 1].y - gap;
    label.y = Math.min(label.y, roof);
  });
  return labels;
}

/** The steps that are shown at first: all of the forecast, and as many whole weeks before it as have room. */
export function latest(width, past, ahead) {
  const room = Math.floor((width - 120) / PER_STEP) - ahead;
  const weeks = Math.floor(Math.min(MAX_HISTORY, Math.max(MIN_HISTORY, room)) / 7) * 7;
  return { first: Math.max(0, past - weeks), last: past + ahead - 1 };
}
