//! A request, as the caller sends it, and the checks that need the configuration.
//! Builds no tensors.

use crate::config::{Config, Frequency, MAX_VALUE};
use crate::date::Date;
use modelhost_plugin::json::{self, OneOrMany};
use modelhost_plugin::{Invalid, Result};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// A name comes back with the answer, so it must not make the answer large.
pub(crate) const MAX_NAME_CHARS: usize = 1000;

/// The whole body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    inputs: OneOrMany<Item>,
    parameters: Option<Parameters>,
}

// Not strict: the postprocess stage has parameters of its own, and the host refuses what neither knows.
#[derive(Debug, Deserialize)]
struct Parameters {
    horizon: Option<f64>,
}

/// One series and what is known about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    /// Oldest first.
    pub(crate) series: Vec<Value>,
    /// The date of `series[0]`.
    pub(crate) start: Option<Date>,
    frequency: Option<String>,
    pub(crate) item: Option<String>,
    #[serde(default)]
    pub(crate) past: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    pub(crate) future: BTreeMap<String, Vec<Value>>,
}

/// A finite number, or null for a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value(pub(crate) Option<f64>);

impl Body {
    /// The steps that the caller asks for.
    pub(crate) fn horizon(&self, config: &Config) -> Result<usize> {
        let Some(asked) = self
            .parameters
            .as_ref()
            .and_then(|parameters| parameters.horizon)
        else {
            return Ok(config.horizon);
        };
        // As a float, because JSON Schema counts 7.0 among the integers.
        if asked.fract() == 0.0 && asked >= 1.0 && asked <= config.horizon as f64 {
            return Ok(asked as usize);
        }
        Err(Invalid::at(
            "/parameters/horizon",
            format!(
                "must be a whole number between 1 and {}, not {asked}",
                config.horizon
            ),
        )
        .into())
    }

    /// The items, all checked.
    pub(crate) fn items(&self, config: &Config) -> Result<Vec<&Item>> {
        let items: Vec<_> = self.inputs.located("/inputs").collect();
        if items.is_empty() {
            return Err(
                Invalid::at("/inputs", "is an empty list; send at least one series").into(),
            );
        }
        if items.len() > config.max_items {
            return Err(Invalid::at(
                "/inputs",
                format!(
                    "has {} items; send at most {} at once",
                    items.len(),
                    config.max_items
                ),
            )
            .into());
        }
        for (at, item) in &items {
            item.check(at, config)?;
        }
        Ok(items.into_iter().map(|(_, item)| item).collect())
    }
}

impl Item {
    fn check(&self, at: &str, config: &Config) -> std::result::Result<(), Invalid> {
        let series = format!("{at}/series");
        let steps = self.series.len();
        if steps < config.min_history {
            return Err(Invalid::at(
                series,
                format!(
                    "has {steps} values; the model needs at least {}",
                    config.min_history
                ),
            ));
        }
        if steps > config.max_history {
            return Err(Invalid::at(
                series,
                format!(
                    "has {steps} values; send at most the last {}",
                    config.max_history
                ),
            ));
        }
        let seen = &self.series[steps.saturating_sub(config.context)..];
        if seen.iter().all(|value| value.0.is_none()) {
            return Err(Invalid::at(
                series,
                format!(
                    "has no number among its last {} values; the model needs one",
                    seen.len()
                ),
            ));
        }
        if self
            .item
            .as_ref()
            .is_some_and(|item| item.chars().count() > MAX_NAME_CHARS)
        {
            return Err(Invalid::at(
                format!("{at}/item"),
                format!("is longer than {MAX_NAME_CHARS} characters"),
            ));
        }
        if let Some(frequency) = &self.frequency {
            check_frequency(frequency, at, config.frequency)?;
        }
        if let Some(start) = self.start {
            let last = Date::parse(Date::LAST).expect("the last date is a date");
            let steps = i64::try_from(steps + config.horizon).expect("lengths are bounded");
            if start.plus_days(config.frequency.days() * steps) > last {
                return Err(Invalid::at(
                    format!("{at}/start"),
                    format!(
                        "is so late that the forecast would end after {}",
                        Date::LAST
                    ),
                ));
            }
        }
        for (name, values) in &self.past {
            let field = covariate(name, "past", at, config)?;
            if values.len() != steps {
                return Err(Invalid::at(
                    field,
                    format!(
                        "has {} values; it needs one for each of the {steps} of `series`",
                        values.len()
                    ),
                ));
            }
        }
        for (name, values) in &self.future {
            let field = covariate(name, "future", at, config)?;
            if values.is_empty() || values.len() > config.horizon {
                return Err(Invalid::at(
                    field,
                    format!(
                        "has {} values; send 1 to {}, one a step of the forecast",
                        values.len(),
                        config.horizon
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn check_frequency(asked: &str, at: &str, trained: Frequency) -> std::result::Result<(), Invalid> {
    if asked == trained.code() {
        return Ok(());
    }
    Err(Invalid::at(
        format!("{at}/frequency"),
        format!(
            "the model was trained on steps of `{}`; it cannot forecast `{}`",
            trained.code(),
            json::shorten(asked)
        ),
    ))
}

fn covariate(
    name: &str,
    place: &str,
    at: &str,
    config: &Config,
) -> std::result::Result<String, Invalid> {
    let field = format!("{at}/{place}/{}", json::escape(name));
    if config.covariates.iter().any(|known| known == name) {
        return Ok(field);
    }
    let known = match config.covariates.as_slice() {
        [] => "there are none".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    };
    Err(Invalid::at(
        field,
        format!("is no covariate of this model; {known}"),
    ))
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from -1e12 to 1e12, or null for a gap")
            }
            fn visit_unit<E: de::Error>(self) -> std::result::Result<Value, E> {
                Ok(Value(None))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Value, E> {
                if (-MAX_VALUE..=MAX_VALUE).contains(&number) {
                    return Ok(Value(Some(number)));
                }
                Err(E::invalid_value(de::Unexpected::Float(number), &self))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Value, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Value, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(Number)
    }
}
