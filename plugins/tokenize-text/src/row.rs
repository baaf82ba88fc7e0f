//! One row of a request as tokens: a text or a pair, cut to what the model reads, or refused.
//! Knows no padding and no tensors.

use crate::batch::{Line, Place};
use crate::cut::{self, Side};
use crate::encode::{Count, Encoded, Encoder};
use crate::pair::longest_first;
use crate::parameters::Limits;
use crate::pipeline::Pipeline;
use crate::request::Row;
use crate::settings::Settings;
use modelhost_plugin::{Error, Invalid, Result};
use std::borrow::Cow;

/// Reads the rows of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) encoder: &'a Encoder,
    pub(crate) settings: &'a Settings,
    pub(crate) limits: Limits,
}

/// A text with its prefix, and how offsets into both lead to the text.
struct Prefixed<'a> {
    whole: Cow<'a, str>,
    place: Place<'a>,
}

/// How many tokens every row gets beside those of its text.
pub(crate) fn specials(settings: &Settings, pipeline: &Pipeline, pair: bool) -> usize {
    match settings.config.add_special_tokens {
        true => pipeline.specials(pair),
        false => 0,
    }
}

impl Reader<'_> {
    /// `at` is where in the request the row's text is.
    pub(crate) fn line<'t>(&self, row: &Row<'t>, at: impl Fn() -> String) -> Result<Line<'t>> {
        let (first, second) = match *row {
            Row::Texts(first, second) => (first, second),
            Row::Ids(ids) => return self.ids(ids, || format!("{}/token_ids", at())),
        };
        let pipeline = &self.encoder.pipeline;
        let specials = specials(self.settings, pipeline, second.is_some());
        let Some(room) = self.limits.max_length.checked_sub(specials) else {
            return Err(Invalid::at(
                "/parameters/max_length",
                format!("must be at least {specials}: so many special tokens has a pair"),
            )
            .into());
        };
        let first = self.prefixed(first);
        let mut place = [first.place, Place::default()];
        let encoding = match second {
            None => {
                let one = self.encode(&first.whole, room, 0)?;
                if one.more && !self.limits.cut {
                    let count = self.encoder.count(&first.whole, room)?;
                    return Err(self.too_long(at(), count, specials));
                }
                place[0].from += one.from;
                pipeline.finish(one.encoding, None, self.settings.config.add_special_tokens)?
            }
            Some(second) => {
                place[1].text = second;
                let mut one = self.encode(&first.whole, room, 0)?;
                let mut other = self.encode(second, room, 1)?;
                if one.more || other.more || one.encoding.len() + other.encoding.len() > room {
                    if !self.limits.cut {
                        let ones = self.encoder.count(&first.whole, room)?;
                        let others = self.encoder.count(second, room)?;
                        return Err(self.too_long(at(), ones.and(others), specials));
                    }
                    self.cut_pair((&first.whole, &mut one), (second, &mut other), room)?;
                }
                place[0].from += one.from;
                place[1].from += other.from;
                pipeline.finish(
                    one.encoding,
                    Some(other.encoding),
                    self.settings.config.add_special_tokens,
                )?
            }
        };
        Ok(Line {
            encoding,
            texts: place,
        })
    }

    /// A row that comes as tokens. Special ones are added where it has none.
    fn ids<'t>(&self, ids: &[u32], at: impl Fn() -> String) -> Result<Line<'t>> {
        if !self.settings.config.prefix.is_empty() {
            let why = "has no prefix, and this model's texts begin with one; send the text";
            return Err(Invalid::at(at(), why).into());
        }
        let pipeline = &self.encoder.pipeline;
        let unknown = |id: u32| {
            let message = format!(
                "holds {id}, which is no token of this model; send ids of its own tokenizer, or the text"
            );
            Invalid::at(at(), message)
        };
        let made = pipeline.made_of(ids).map_err(unknown)?;
        let is_finished = made.get_special_tokens_mask().contains(&1);
        let specials = match is_finished {
            true => 0,
            false => specials(self.settings, pipeline, false),
        };
        let room = self.limits.max_length.saturating_sub(specials);
        let mut encoding = made;
        if encoding.len() > room {
            if !self.limits.cut {
                return Err(self.too_long(at(), Count::Exactly(ids.len()), specials));
            }
            encoding.truncate(room, 0, self.limits.side.into());
            encoding.set_overflowing(Vec::new());
        }
        let add = self.settings.config.add_special_tokens && !is_finished;
        Ok(Line {
            encoding: match add {
                true => pipeline.finish(encoding, None, true)?,
                false => encoding,
            },
            texts: [Place::default(); 2],
        })
    }

    fn encode(&self, text: &str, room: usize, kind: u32) -> Result<Encoded> {
        self.encoder.encode(text, room, self.limits.side, kind)
    }

    /// The text behind the configured prefix. No more of it is copied than is looked at.
    fn prefixed<'t>(&self, text: &'t str) -> Prefixed<'t> {
        let config = &self.settings.config;
        let mut place = Place {
            text,
            from: 0,
            prefix: config.prefix.len(),
        };
        if config.prefix.is_empty() {
            return Prefixed {
                whole: Cow::Borrowed(text),
                place,
            };
        }
        let seen = cut::within(text, self.settings.max_chars, self.limits.side);
        if self.limits.side == Side::Left {
            place.from = text.len() - seen.len();
        }
        Prefixed {
            whole: Cow::Owned(format!("{}{seen}", config.prefix)),
            place,
        }
    }

    /// Cuts the longer text of a pair first. Each was read as if it were alone.
    fn cut_pair(
        &self,
        (first, one): (&str, &mut Encoded),
        (second, other): (&str, &mut Encoded),
        room: usize,
    ) -> Result<()> {
        let count = |encoded: &Encoded| encoded.encoding.len() + usize::from(encoded.more);
        let mut ones = count(one);
        // Where both are longer than the room and cannot have the same part of it, the longer gets more.
        if one.more && other.more && room % 2 == 1 && self.is_longer(first, second, room)? {
            ones += 1;
        }
        let (ones, others) = longest_first(ones, count(other), room);
        let side = self.limits.side.into();
        one.encoding.truncate(ones, 0, side);
        other.encoding.truncate(others, 0, side);
        one.encoding.set_overflowing(Vec::new());
        other.encoding.set_overflowing(Vec::new());
        Ok(())
    }

    /// Whether `first` has more tokens than `second`. Of two texts so long that nobody counts to their ends, the
    /// one of more bytes.
    fn is_longer(&self, first: &str, second: &str, room: usize) -> Result<bool> {
        let ones = self.encoder.count(first, room)?;
        let others = self.encoder.count(second, room)?;
        Ok(match (ones, others) {
            (Count::Exactly(ones), Count::Exactly(others)) => ones > others,
            (Count::AtLeast(ones), Count::Exactly(others)) if ones > others => true,
            (Count::Exactly(ones), Count::AtLeast(others)) if ones <= others => false,
            _ => first.len() > second.len(),
        })
    }

    fn too_long(&self, at: String, count: Count, specials: usize) -> Error {
        let count = match count {
            Count::Exactly(tokens) => format!("{}", tokens + specials),
            Count::AtLeast(tokens) => format!("at least {}", tokens + specials),
        };
        Invalid::at(
            at,
            format!(
                "has {count} tokens, and the model reads at most {}; shorten it, or send `truncation` as true",
                self.limits.max_length
            ),
        )
        .into()
    }
}

impl Count {
    /// Of two texts together.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exactly(one), Self::Exactly(other)) => Self::Exactly(one + other),
            (
                Self::Exactly(one) | Self::AtLeast(one),
                Self::Exactly(other) | Self::AtLeast(other),
            ) => Self::AtLeast(one + other),
        }
    }
}
