//! The configuration, as written in the manifest and as meant.
//! Knows no request; after `Config::check` nothing here is doubted again.

use crate::channel::{Channel, Place};
use crate::event::{FORMS, Rule};
use modelhost_plugin::{Invalid, json};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Values and covariates lie within plus and minus this, so that no product leaves a 64-bit float.
pub(crate) const MAX_VALUE: f64 = 1e12;

/// All tensors of one request together, in elements: half of the 64 MiB that a plugin has by default.
const MAX_ELEMENTS: usize = 8 << 20;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    context: usize,
    horizon: usize,
    #[serde(default = "default_min_history")]
    min_history: usize,
    #[serde(default = "default_max_history")]
    max_history: usize,
    #[serde(default = "default_max_items")]
    max_items: usize,
    #[serde(default)]
    frequency: Frequency,
    #[serde(default)]
    scale: Scale,
    #[serde(default)]
    covariates: Vec<String>,
    event_window: Option<usize>,
    #[serde(default)]
    events: BTreeMap<String, Vec<String>>,
    past: WrittenTensor,
    future: Option<WrittenTensor>,
    #[serde(rename = "static")]
    fixed: Option<WrittenTensor>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTensor {
    tensor: String,
    channels: Vec<String>,
}

fn default_min_history() -> usize {
    1
}

fn default_max_history() -> usize {
    10_000
}

fn default_max_items() -> usize {
    64
}

/// What lies between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum Frequency {
    /// A day.
    #[default]
    D,
    /// Seven days.
    W,
}

impl Frequency {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::D => "D",
            Self::W => "W",
        }
    }

    pub(crate) fn days(self) -> i64 {
        match self {
            Self::D => 1,
            Self::W => 7,
        }
    }
}

/// What the target is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Scale {
    /// Nothing.
    #[default]
    None,
    /// The mean of the observed values of the last `over` steps, at least `floor`.
    Mean { over: usize, floor: f64 },
}

// By hand, because an untagged enum forgets which field was wrong.
impl<'de> Deserialize<'de> for Scale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Mean {
            #[serde(rename = "by")]
            _by: By,
            over: usize,
            floor: f64,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum By {
            Mean,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Scale;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`none` or { by: mean, over: STEPS, floor: NUMBER }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scale, E> {
                match text {
                    "none" => Ok(Scale::None),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scale, A::Error> {
                let mean = Mean::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Scale::Mean {
                    over: mean.over,
                    floor: mean.floor,
                })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What the manifest means.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) context: usize,
    pub(crate) horizon: usize,
    pub(crate) min_history: usize,
    pub(crate) max_history: usize,
    pub(crate) max_items: usize,
    pub(crate) frequency: Frequency,
    pub(crate) scale: Scale,
    pub(crate) covariates: Vec<String>,
    /// How many steps around an event `before` and `after` reach.
    pub(crate) event_window: usize,
    /// The rules of each event; channels know an event by its place here.
    pub(crate) events: Vec<Vec<Rule>>,
    pub(crate) past: Layout,
    pub(crate) future: Option<Layout>,
    pub(crate) fixed: Option<Layout>,
}

/// A tensor of the model, and what its last axis holds.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) tensor: String,
    pub(crate) channels: Vec<Channel>,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written) -> Result<Self, Invalid> {
        within("/context", written.context, 1, 100_000)?;
        within("/horizon", written.horizon, 1, 10_000)?;
        within("/max_history", written.max_history, 1, 1_000_000)?;
        within("/min_history", written.min_history, 1, written.max_history)?;
        within("/max_items", written.max_items, 1, 100_000)?;
        if let Scale::Mean { over, floor } = written.scale {
            within("/scale/over", over, 1, written.max_history)?;
            if !(1e-9..=MAX_VALUE).contains(&floor) {
                return Err(Invalid::at("/scale/floor", "must be between 1e-9 and 1e12"));
            }
        }
        check_covariates(&written.covariates)?;

        let event_names: Vec<String> = written.events.keys().cloned().collect();
        let events = written
            .events
            .iter()
            .map(|(name, rules)| parse_rules(name, rules));
        let events = events.collect::<Result<_, _>>()?;

        let layout =
            |tensor, place| Layout::check(tensor, place, &written.covariates, &event_names);
        let past = layout(written.past, Place::Past)?;
        let future = written
            .future
            .map(|tensor| layout(tensor, Place::Future))
            .transpose()?;
        let fixed = written
            .fixed
            .map(|tensor| layout(tensor, Place::Static))
            .transpose()?;

        let layouts = || {
            [Some(&past), future.as_ref(), fixed.as_ref()]
                .into_iter()
                .flatten()
        };
        let mut tensors = BTreeSet::new();
        if let Some(twice) = layouts().find(|layout| !tensors.insert(&layout.tensor)) {
            return Err(Invalid::new(format!(
                "two tensors are named `{}`; the model's inputs differ in name",
                twice.tensor
            )));
        }
        let channels: Vec<Channel> = layouts()
            .flat_map(|layout| layout.channels.iter().copied())
            .collect();
        for (i, name) in written.covariates.iter().enumerate() {
            if !channels.contains(&Channel::Covariate(i)) && !channels.contains(&Channel::Known(i))
            {
                return Err(Invalid::at(
                    format!("/covariates/{i}"),
                    format!(
                        "no channel uses `{name}`, so what callers send would be ignored; add `covariate:{name}` or leave it out"
                    ),
                ));
            }
        }
        let near = |channel: &Channel| matches!(channel, Channel::Before(_) | Channel::After(_));
        let event_window = match written.event_window {
            Some(steps) => within("/event_window", steps, 0, 366).map(|()| steps)?,
            None if channels.iter().any(near) => {
                return Err(Invalid::at(
                    "/event_window",
                    "is missing; `before:` and `after:` need it, in steps",
                ));
            }
            None => 0,
        };

        let config = Self {
            context: written.context,
            horizon: written.horizon,
            min_history: written.min_history,
            max_history: written.max_history,
            max_items: written.max_items,
            frequency: written.frequency,
            scale: written.scale,
            covariates: written.covariates,
            event_window,
            events,
            past,
            future,
            fixed,
        };
        match config.elements_per_item().saturating_mul(config.max_items) {
            ..=MAX_ELEMENTS => Ok(config),
            elements => Err(Invalid::at(
                "/max_items",
                format!(
                    "{} items need tensors of {elements} elements, more than {MAX_ELEMENTS}; lower `max_items` or `context`",
                    config.max_items
                ),
            )),
        }
    }

    fn elements_per_item(&self) -> usize {
        let channels = |layout: Option<&Layout>| layout.map_or(0, |layout| layout.channels.len());
        let past = self.context.saturating_mul(self.past.channels.len());
        let future = self.horizon.saturating_mul(channels(self.future.as_ref()));
        past.saturating_add(future)
            .saturating_add(channels(self.fixed.as_ref()))
    }
}

impl Layout {
    fn check(
        written: WrittenTensor,
        place: Place,
        covariates: &[String],
        events: &[String],
    ) -> Result<Self, Invalid> {
        let at = |rest: String| format!("/{}{rest}", place.name());
        if written.tensor.is_empty() {
            return Err(Invalid::at(
                at("/tensor".into()),
                "is empty; name an input of the model",
            ));
        }
        if written.channels.is_empty() {
            return Err(Invalid::at(
                at("/channels".into()),
                "is empty; name at least one channel",
            ));
        }
        let mut channels = Vec::with_capacity(written.channels.len());
        for (i, text) in written.channels.iter().enumerate() {
            let wrong = |message| Invalid::at(at(format!("/channels/{i}")), message);
            let channel = Channel::parse(text, place, covariates, events).map_err(wrong)?;
            if channels.contains(&channel) {
                return Err(wrong(format!("`{text}` is there twice")));
            }
            channels.push(channel);
        }
        Ok(Self {
            tensor: written.tensor,
            channels,
        })
    }
}

fn within(field: &str, value: usize, least: usize, most: usize) -> Result<(), Invalid> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Invalid::at(
        field,
        format!("must be between {least} and {most}, not {value}"),
    ))
}

fn check_covariates(names: &[String]) -> Result<(), Invalid> {
    for (i, name) in names.iter().enumerate() {
        let wrong = |message: &str| Err(Invalid::at(format!("/covariates/{i}"), message));
        if name.is_empty() {
            return wrong("is empty; a covariate needs a name");
        }
        if names[..i].contains(name) {
            return wrong("is there twice");
        }
    }
    Ok(())
}

fn parse_rules(name: &str, rules: &[String]) -> Result<Vec<Rule>, Invalid> {
    let field = format!("/events/{}", json::escape(name));
    if rules.is_empty() {
        return Err(Invalid::at(
            field,
            format!("has no days; list at least one of {FORMS}"),
        ));
    }
    let parse = |(i, text): (usize, &String)| {
        Rule::parse(text).ok_or_else(|| {
            Invalid::at(
                format!("{field}/{i}"),
                format!("`{text}` is no day; write {FORMS}"),
            )
        })
    };
    rules.iter().enumerate().map(parse).collect()
}
