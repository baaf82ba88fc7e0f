//! The request's `parameters` that this stage reads, by Hugging Face's names.
//! Ignores the others: the postprocess stage has its own, and the host refuses what neither knows.

use crate::cut::Side;
use crate::settings::Settings;
use modelhost_plugin::Invalid;
use serde::Deserialize;

/// As the caller writes them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    truncation: Option<bool>,
    truncate: Option<bool>,
    truncation_direction: Option<Direction>,
    max_length: Option<f64>,
}

/// In lower case, and as Hugging Face's clients write it.
#[derive(Debug, Clone, Copy, Deserialize)]
enum Direction {
    #[serde(rename = "left", alias = "Left")]
    Left,
    #[serde(rename = "right", alias = "Right")]
    Right,
}

/// What they mean for this request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most tokens of a row, special ones included.
    pub(crate) max_length: usize,
    /// Whether a text that is too long is cut; else it is refused.
    pub(crate) cut: bool,
    /// The end that it loses.
    pub(crate) side: Side,
}

impl Parameters {
    /// `least` is the fewest tokens that a row may be cut to.
    pub(crate) fn limits(&self, settings: &Settings, least: usize) -> Result<Limits, Invalid> {
        let cut = match (self.truncation, self.truncate) {
            (Some(one), Some(other)) if one != other => {
                return Err(Invalid::at(
                    "/parameters/truncate",
                    "contradicts `truncation`; send one of them",
                ));
            }
            (one, other) => one.or(other).unwrap_or(true),
        };
        Ok(Limits {
            max_length: self.max_length(settings, least)?,
            cut,
            side: match self.truncation_direction {
                Some(Direction::Left) => Side::Left,
                Some(Direction::Right) => Side::Right,
                None => settings.truncation,
            },
        })
    }

    fn max_length(&self, settings: &Settings, least: usize) -> Result<usize, Invalid> {
        let Some(asked) = self.max_length else {
            return Ok(settings.max_length);
        };
        // As a float, because JSON Schema counts 7.0 among the integers.
        if asked.fract() == 0.0 && asked >= least as f64 && asked <= settings.max_length as f64 {
            return Ok(asked as usize);
        }
        Err(Invalid::at(
            "/parameters/max_length",
            format!(
                "must be a whole number between {least} and {}, not {asked}",
                settings.max_length
            ),
        ))
    }
}
