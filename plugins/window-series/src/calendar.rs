//! The dates of one item's steps, and how near each is to an event.
//! Knows no values; without a start it says 0 everywhere.

use crate::config::Config;
use crate::date::Date;
use crate::event::Rule;
use std::ops::Range;

/// The dates of a range of steps of a series.
#[derive(Debug)]
pub(crate) struct Calendar {
    /// The step that the first entry of everything below is about.
    first: usize,
    dates: Vec<Date>,
    /// One an event, in the config's order.
    events: Vec<Nearness>,
}

/// How near each step is to an event, 1 in its own step.
#[derive(Debug)]
struct Nearness {
    before: Vec<f32>,
    after: Vec<f32>,
}

impl Calendar {
    /// Of the `steps` of a series whose step 0 is at `start`.
    pub(crate) fn new(start: Date, steps: Range<usize>, config: &Config) -> Self {
        let days = config.frequency.days();
        let day_of = |step: usize| i64::try_from(step).expect("lengths are bounded") * days;
        let dates: Vec<Date> = steps
            .clone()
            .map(|step| start.plus_days(day_of(step)))
            .collect();
        let events = config
            .events
            .iter()
            .map(|rules| nearness(rules, &dates, config))
            .collect();
        Self {
            first: steps.start,
            dates,
            events,
        }
    }

    pub(crate) fn date(&self, step: usize) -> Date {
        self.dates[step - self.first]
    }

    /// 1 where an event is in this step, less with each step until the next one, 0 beyond the window.
    pub(crate) fn before(&self, event: usize, step: usize) -> f32 {
        self.events[event].before[step - self.first]
    }

    /// 1 where an event is in this step, less with each step since the last one, 0 beyond the window.
    pub(crate) fn after(&self, event: usize, step: usize) -> f32 {
        self.events[event].after[step - self.first]
    }
}

fn nearness(rules: &[Rule], dates: &[Date], config: &Config) -> Nearness {
    let window = config.event_window;
    // Events outside the steps count too, as far as the window reaches.
    let days = config.frequency.days();
    let margin = i64::try_from(window).expect("the window is bounded") * days;
    let first = dates[0].plus_days(-margin);
    let mut is_event = vec![false; dates.len() + 2 * window];
    let steps = i64::try_from(is_event.len()).expect("lengths are bounded");
    let last = first.plus_days(steps * days - 1);
    // A year more on both sides, because Easter's offsets may lead out of Easter's year.
    for year in first.year() - 1..=last.year() + 1 {
        for day in rules.iter().filter_map(|rule| rule.day_in(year)) {
            let step = day.days_since(first).div_euclid(days);
            if let Some(hit) = usize::try_from(step)
                .ok()
                .and_then(|step| is_event.get_mut(step))
            {
                *hit = true;
            }
        }
    }
    let fall = |since: Option<usize>| match since {
        Some(distance) if distance <= window => 1.0 - distance as f32 / (window + 1) as f32,
        _ => 0.0,
    };
    let mut after: Vec<f32> = since_last(is_event.iter()).map(fall).collect();
    let mut before: Vec<f32> = since_last(is_event.iter().rev()).map(fall).collect();
    before.reverse();
    after.drain(..window);
    before.drain(..window);
    Nearness { before, after }
}

/// The steps since the last event at each step, none before the first.
fn since_last<'a>(events: impl Iterator<Item = &'a bool>) -> impl Iterator<Item = Option<usize>> {
    events.scan(None, |since, hit| {
        *since = if *hit {
            Some(0)
        } else {
            since.map(|steps: usize| steps + 1)
        };
        Some(*since)
    })
}
