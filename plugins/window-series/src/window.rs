//! Items to tensors: windowing, padding, scaling, channels.
//! Checks nothing: `config` and `request` have.

use crate::calendar::Calendar;
use crate::channel::Channel;
use crate::config::{Config, Layout, Scale};
use crate::request::{Item, Value};
use modelhost_plugin::forecast::{self, Forecast};
use modelhost_plugin::{Prepared, Tensor};

/// The tensors of one request while they grow, one row an item.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    config: &'a Config,
    past: Vec<f32>,
    future: Vec<f32>,
    fixed: Vec<f32>,
    forecast: Forecast,
}

impl<'a> Batch<'a> {
    /// Of no items yet; `horizon` is what the caller asks for.
    pub(crate) fn new(config: &'a Config, horizon: usize) -> Self {
        let forecast = Forecast {
            horizon,
            items: Vec::new(),
        };
        Self {
            config,
            past: Vec::new(),
            future: Vec::new(),
            fixed: Vec::new(),
            forecast,
        }
    }

    /// Appends a checked item.
    pub(crate) fn push(&mut self, item: &Item) {
        let config = self.config;
        let row = Row::new(item, config);
        let padding = config.context - (row.now - row.first);
        self.past.extend(std::iter::repeat_n(
            0.0,
            padding * config.past.channels.len(),
        ));
        for step in row.first..row.now {
            self.past.extend(
                config
                    .past
                    .channels
                    .iter()
                    .map(|channel| row.value(*channel, step)),
            );
        }
        if let Some(layout) = &config.future {
            for step in row.now..row.now + config.horizon {
                self.future.extend(
                    layout
                        .channels
                        .iter()
                        .map(|channel| row.value(*channel, step)),
                );
            }
        }
        if let Some(layout) = &config.fixed {
            self.fixed.extend(
                layout
                    .channels
                    .iter()
                    .map(|channel| row.value(*channel, row.now)),
            );
        }
        let steps = row.now..row.now + self.forecast.horizon;
        let dates =
            |calendar: &Calendar| steps.map(|step| calendar.date(step).to_string()).collect();
        self.forecast.items.push(forecast::Item {
            item: item.item.clone(),
            scale: row.scale,
            dates: row.calendar.as_ref().map(dates),
        });
    }

    /// The model's inputs.
    pub(crate) fn finish(self) -> Prepared {
        let Self {
            config,
            past,
            future,
            fixed,
            forecast,
        } = self;
        let items = forecast.items.len();
        let mut tensors = vec![tensor(&config.past, &[items, config.context], past)];
        if let Some(layout) = &config.future {
            tensors.push(tensor(layout, &[items, config.horizon], future));
        }
        if let Some(layout) = &config.fixed {
            tensors.push(tensor(layout, &[items], fixed));
        }
        Prepared::new(tensors).with_context(forecast.to_context())
    }
}

fn tensor<'a>(layout: &'a Layout, axes: &[usize], data: Vec<f32>) -> (&'a str, Tensor) {
    let shape = [axes, &[layout.channels.len()]].concat();
    (&layout.tensor, Tensor::f32(&shape, data))
}

/// One item: every channel's value at every step that the model sees.
struct Row<'a> {
    item: &'a Item,
    /// The first step that the model sees.
    first: usize,
    /// The first step of the forecast.
    now: usize,
    scale: f64,
    calendar: Option<Calendar>,
    /// By the covariate's place in the config.
    covariates: Vec<[Option<&'a [Value]>; 2]>,
}

impl<'a> Row<'a> {
    fn new(item: &'a Item, config: &Config) -> Self {
        let now = item.series.len();
        let first = now.saturating_sub(config.context);
        let steps = first..now + config.horizon;
        let covariate = |name: &String| {
            [&item.past, &item.future].map(|known| known.get(name).map(Vec::as_slice))
        };
        Self {
            item,
            first,
            now,
            scale: scale(&item.series, config.scale),
            calendar: item.start.map(|start| Calendar::new(start, steps, config)),
            covariates: config.covariates.iter().map(covariate).collect(),
        }
    }

    fn value(&self, channel: Channel, step: usize) -> f32 {
        let flag = |is: bool| f32::from(u8::from(is));
        match channel {
            Channel::Target => self
                .observed(step)
                .map_or(0.0, |value| (value / self.scale) as f32),
            Channel::Observed => flag(self.observed(step).is_some()),
            Channel::Covariate(i) => self.covariate(i, step).map_or(0.0, |value| value as f32),
            Channel::Known(i) => flag(self.covariate(i, step).is_some()),
            Channel::LogScale => self.scale.ln() as f32,
            Channel::Dated => flag(self.calendar.is_some()),
            _ => self
                .calendar
                .as_ref()
                .map_or(0.0, |calendar| dated(calendar, channel, step)),
        }
    }

    fn observed(&self, step: usize) -> Option<f64> {
        self.item.series.get(step)?.0
    }

    fn covariate(&self, covariate: usize, step: usize) -> Option<f64> {
        let [past, future] = self.covariates[covariate];
        match step.checked_sub(self.now) {
            None => past?.get(step)?.0,
            Some(ahead) => future?.get(ahead)?.0,
        }
    }
}

fn dated(calendar: &Calendar, channel: Channel, step: usize) -> f32 {
    let date = calendar.date(step);
    match channel {
        Channel::DayOfWeek => date.day_of_week() as f32,
        Channel::DayOfMonth => date.civil().2 as f32,
        Channel::Month => date.civil().1 as f32,
        Channel::DayOfYear => date.day_of_year() as f32,
        // Nearness is 1 in the event's own step and less in every other.
        Channel::Event(event) => calendar.before(event, step).floor(),
        Channel::Before(event) => calendar.before(event, step),
        Channel::After(event) => calendar.after(event, step),
        _ => 0.0,
    }
}

fn scale(series: &[Value], scale: Scale) -> f64 {
    let Scale::Mean { over, floor } = scale else {
        return 1.0;
    };
    let last = &series[series.len().saturating_sub(over)..];
    let (sum, count) = last
        .iter()
        .filter_map(|value| value.0)
        .fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 {
        floor
    } else {
        (sum / f64::from(count)).max(floor)
    }
}
