// Names for the steps of a series and of its forecast, counted from the first value. Pure.
// Knows dates and frequencies; knows nothing of values.

import { longDate, parseDate, shortDate, stepDays, stepNoun, weekday } from "./format.js";

/** The names around a series of `past` values; without a known date, how far a step is from the last value. */
export function calendarOf({ past, start, frequency, dated = true }) {
  const days = stepDays(frequency);
  const begin = parseDate(start);
  const known = dated && begin !== null && days !== null;
  const noun = stepNoun(frequency);
  const dayAt = (at) => (known ? begin + at * days : null);
  const ahead = (at) => at - past + 1;
  return {
    noun,
    dayAt,
    stepDays: days ?? 1,
    /** "Tue 31 Oct 2017", or how far from the last value. */
    nameAt: (at) => {
      if (known) return longDate(dayAt(at));
      if (ahead(at) > 0) return `${noun} +${ahead(at)}`;
      return ahead(at) === 0 ? `last ${noun}` : `${noun} −${-ahead(at)}`;
    },
    briefAt: (at) => (known ? `${weekday(dayAt(at))} ${shortDate(dayAt(at))}` : `+${ahead(at)}`),
    tickAt: (at, withYear) => (known ? shortDate(dayAt(at), withYear) : ahead(at) > 0 ? `+${ahead(at)}` : String(ahead(at)).replace("-", "−")),
    yearAt: (at) => (known ? new Date(dayAt(at) * 86_400_000).getUTCFullYear() : null),
  };
}
