//! What the configuration leaves open, decided by the tokenizer, the model and its files.
//! Knows no request; after this nothing here is doubted again.

use crate::config::{Config, Padding};
use crate::cut::Side;
use crate::files::Files;
use crate::pipeline::Pipeline;
use crate::ports::Inputs;
use modelhost_plugin::{Error, Invalid, Result, Signature};
use tokenizers::PaddingDirection;

/// How long a text may be where nothing says it.
const DEFAULT_LENGTH: usize = 512;

/// How many characters of a text are looked at: a text whose tokens all lie beyond has none.
const MOST_CHARS: usize = 262_144;

/// Everything that a request does not decide.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) inputs: Inputs,
    /// The most tokens of a row, special ones included.
    pub(crate) max_length: usize,
    /// No more characters of a text are looked at.
    pub(crate) max_chars: usize,
    pub(crate) padding: Padding,
    pub(crate) pad: Pad,
    /// The end that a text loses, where the request does not say.
    pub(crate) truncation: Side,
    /// The position of the first token.
    pub(crate) first_position: usize,
}

/// What fills a row up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pad {
    pub(crate) id: u32,
    pub(crate) kind: u32,
    pub(crate) side: Side,
}

impl Settings {
    pub(crate) fn new(
        config: Config,
        files: &Files,
        pipeline: &Pipeline,
        model: &Signature,
    ) -> Result<Self> {
        let inputs = Inputs::new(&config.tensors, model)?;
        let padding = padding(&config, &inputs)?;
        let max_length = max_length(&config, files, pipeline, &inputs)?;
        let specials = match config.add_special_tokens {
            true => pipeline.specials(config.pairs),
            false => 0,
        };
        if max_length <= specials {
            return Err(Error::internal(format!(
                "the model reads {max_length} tokens, and the tokenizer adds {specials} to every text; set a larger `max_length`"
            )));
        }
        let truncation = match files.tokenizer.truncates_left() {
            Some(true) => Side::Left,
            _ => Side::Right,
        };
        let max_chars = config.max_chars.unwrap_or(MOST_CHARS);
        Ok(Self {
            inputs,
            max_length,
            max_chars,
            padding,
            pad: Pad::new(files, pipeline),
            truncation,
            first_position: files.model.first_position(),
            config,
        })
    }

    /// The length of a batch's rows, of which the longest has so many tokens.
    pub(crate) fn row_length(&self, longest: usize) -> usize {
        match self.padding {
            // A row without any token would be a tensor without elements, which models fail on.
            Padding::Longest => longest.max(1),
            Padding::To(length) => length,
            Padding::Multiple(of) => {
                let whole = longest.max(1).next_multiple_of(of);
                whole.min(self.max_length).max(longest)
            }
        }
    }
}

fn padding(config: &Config, inputs: &Inputs) -> Result<Padding> {
    let Some(fixed) = inputs.length else {
        return Ok(config.padding);
    };
    match config.padding {
        Padding::To(length) if length != fixed => Err(Invalid::at(
            "/padding/to",
            format!("is {length}; the model takes exactly {fixed} tokens"),
        )
        .into()),
        _ => Ok(Padding::To(fixed)),
    }
}

fn max_length(
    config: &Config,
    files: &Files,
    pipeline: &Pipeline,
    inputs: &Inputs,
) -> Result<usize> {
    if let (Some(asked), Some(fixed)) = (config.max_length, inputs.length)
        && asked > fixed
    {
        return Err(Invalid::at(
            "/max_length",
            format!("is {asked}; the model takes exactly {fixed} tokens"),
        )
        .into());
    }
    let said = [files.tokenizer.max_length(), files.model.positions()];
    let length = config
        .max_length
        .or(files.sentences.max_length())
        .or(said.into_iter().flatten().min())
        .or(pipeline.truncation)
        .unwrap_or(DEFAULT_LENGTH);
    let padded = match config.padding {
        Padding::To(length) => Some(length),
        _ => None,
    };
    let most = [inputs.length, padded].into_iter().flatten().min();
    Ok(most.map_or(length, |most| length.min(most)))
}

impl Pad {
    fn new(files: &Files, pipeline: &Pipeline) -> Self {
        let written = pipeline.padding.as_ref();
        let of_token = |token: &str| pipeline.id(token);
        let id = written
            .map(|padding| padding.pad_id)
            .or_else(|| files.tokenizer.pad_token().and_then(of_token))
            .or_else(|| files.model.pad_id())
            .or_else(|| ["[PAD]", "<pad>"].into_iter().find_map(of_token))
            .unwrap_or(0);
        let left = written
            .map(|padding| matches!(padding.direction, PaddingDirection::Left))
            .or(files.tokenizer.pads_left())
            .unwrap_or(false);
        Self {
            id,
            kind: written.map_or(0, |padding| padding.pad_type_id),
            side: if left { Side::Left } else { Side::Right },
        }
    }
}
