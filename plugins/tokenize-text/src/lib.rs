//! The plugin `tokenize-text`: texts in, a model's token ids out, by a Hugging Face tokenizer.json.
//! Knows no model: lengths, padding and tensor names are configuration, or what the model's own files say.

mod batch;
mod config;
mod cut;
mod encode;
mod files;
mod model;
mod pair;
mod parameters;
mod pipeline;
mod plain;
mod ports;
mod request;
mod row;
mod schema;
mod seam;
mod settings;
mod trie;
mod unigram;

use config::Config;
use encode::Encoder;
use files::Files;
use modelhost_plugin::{
    Assets, Description, Plugin, Prepared, Preprocess, Request, Result, Signature, json,
};
use parameters::Parameters;
use pipeline::Pipeline;
use row::Reader;
use settings::Settings;

/// The plugin, configured.
#[derive(Debug)]
pub struct TokenizeText {
    encoder: Encoder,
    settings: Settings,
    /// The fewest tokens that a row may be cut to: one, beside the special ones.
    least: usize,
}

impl Plugin for TokenizeText {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let config: Config = json::config(config)?;
        let config = config.check()?;
        let pipeline = Pipeline::new(assets.file("tokenizer.json")?)?;
        let files = Files::new(&assets)?;
        let settings = Settings::new(config, &files, &pipeline, model)?;
        let least = row::specials(&settings, &pipeline, settings.config.pairs) + 1;
        let description = schema::description(&settings, least);
        let encoder = Encoder::new(pipeline, settings.max_chars, settings.config.offsets);
        let plugin = Self {
            encoder,
            settings,
            least,
        };
        plugin.warm_up();
        Ok((plugin, description))
    }
}

impl Preprocess for TokenizeText {
    fn run(&self, request: Request) -> Result<Prepared> {
        let body: request::Body<'_> = request.json()?;
        let rows = body.rows(&self.settings)?;
        let parameters = body.parameters.as_ref();
        let reader = Reader {
            encoder: &self.encoder,
            settings: &self.settings,
            limits: parameters.map_or_else(
                || Parameters::default().limits(&self.settings, self.least),
                |parameters| parameters.limits(&self.settings, self.least),
            )?,
        };
        let lines = rows.rows.iter().enumerate();
        let lines = lines
            .map(|(at, row)| reader.line(row, || rows.pointer(at)))
            .collect::<Result<Vec<_>>>()?;
        Ok(batch::prepared(rows.form, &lines, &self.settings))
    }
}

impl TokenizeText {
    /// Has every lazy part of the steps built now, because each call begins where `init` ends.
    fn warm_up(&self) {
        let sample = serde_json::Value::from(SAMPLE);
        let body = match self.settings.config.pairs {
            true => serde_json::json!({"inputs": {"text": sample, "text_pair": sample}}),
            false => serde_json::json!({"inputs": sample}),
        };
        // A tokenizer that fails on some character of the sample may still do for the texts that it is for.
        let _ = self.run(Request {
            content_type: "application/json".into(),
            body: body.to_string().into_bytes(),
        });
    }
}

/// Something of every kind that patterns and normalizers tell apart.
const SAMPLE: &str = "It's a test, isn't it?  We'll see 12,345.67 things\n\n\tÀ la carte: naïve café №5 — Straße, \
    ПРИВЕТ мир, 日本語のテキスト、中文 한국어, مرحبا, नमस्ते, ไทย 👩\u{200d}🚀🇩🇪 ｆｕｌｌ ﬁ e\u{301} [MASK] <mask> {x: [1, 2]} \
    internationalization supercalifragilistic https://example.org/a_b?c=d&e=f";

modelhost_plugin::preprocessor!(TokenizeText);
