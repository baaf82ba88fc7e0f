//! What the files of a sentence-transformers repository say: how tokens are pooled, and what comes after.
//! Knows no tensors; what the manifest says instead is not its matter.

use crate::pool::Mode;
use modelhost_plugin::{Assets, Error, Invalid, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const POOLING: &str = "1_Pooling";

/// The granted files.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    assets: &'a Assets,
    modules: Option<Vec<Module>>,
}

/// One entry of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    /// Such as `sentence_transformers.models.Pooling`.
    r#type: String,
    /// The folder of its files, such as `1_Pooling`.
    #[serde(default)]
    path: String,
}

impl Module {
    fn kind(&self) -> &str {
        self.r#type.rsplit('.').next().unwrap_or_default()
    }
}

/// `1_Pooling/config.json`, as sentence-transformers has written it since its first and since its sixth version.
#[derive(Debug, Deserialize)]
struct Pooling {
    pooling_mode: Option<OneOrMany>,
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Mode),
    Many(Vec<Mode>),
}

/// The part of `config.json` that decides how sentence-transformers pools a plain transformer.
#[derive(Debug, Deserialize)]
struct Transformer {
    architectures: Option<Vec<String>>,
    is_causal: Option<bool>,
}

impl<'a> Files<'a> {
    pub(crate) fn read(assets: &'a Assets) -> Result<Self> {
        Ok(Self {
            assets,
            modules: parse(assets, "modules.json")?,
        })
    }

    /// Whether the vectors end with length 1.
    pub(crate) fn normalizes(&self) -> bool {
        let mut modules = self.modules.iter().flatten();
        modules.any(|module| module.kind() == "Normalize")
    }

    /// How the tokens are pooled, where pooling is all that turns them into the vector.
    pub(crate) fn modes(&self) -> Result<Vec<Mode>> {
        let Some(modules) = &self.modules else {
            return match parse::<Pooling>(self.assets, &format!("{POOLING}/config.json"))? {
                Some(pooling) => pooling.modes(),
                None => self.plain(),
            };
        };
        for module in modules {
            if !["Transformer", "Pooling", "Normalize", "Dropout"].contains(&module.kind()) {
                return Err(refused(format!(
                    "modules.json has a {} module ({}), which the model's graph does not hold; serve a graph with an output `sentence_embedding`, or name a pooling to answer the vectors before that module",
                    module.kind(),
                    module.path
                )));
            }
        }
        let Some(module) = modules.iter().find(|module| module.kind() == "Pooling") else {
            return self.plain();
        };
        let name = format!("{}/config.json", module.path);
        match parse::<Pooling>(self.assets, &name)? {
            Some(pooling) => pooling.modes(),
            None => Err(refused(format!(
                "modules.json says that `{name}` describes the pooling; grant that file, or name the pooling here"
            ))),
        }
    }

    /// As sentence-transformers pools a transformer that says nothing: a causal language model has read all of a
    /// text only at the last token.
    fn plain(&self) -> Result<Vec<Mode>> {
        let file: Option<Transformer> = parse(self.assets, "config.json")?;
        let causal = file.is_some_and(|file| {
            let first = file.architectures.unwrap_or_default().into_iter().next();
            first.is_some_and(|name| name.ends_with("ForCausalLM")) && file.is_causal != Some(false)
        });
        Ok(vec![if causal { Mode::Last } else { Mode::Mean }])
    }
}

impl Pooling {
    fn modes(self) -> Result<Vec<Mode>> {
        if self.include_prompt == Some(false) {
            return Err(refused(
                "the model's pooling leaves out the tokens of a prompt (`include_prompt`), which this plugin cannot tell from others; name the pooling to count them"
                    .to_owned(),
            ));
        }
        let flags = [
            (self.pooling_mode_cls_token, Mode::Cls),
            (self.pooling_mode_max_tokens, Mode::Max),
            (self.pooling_mode_mean_tokens, Mode::Mean),
            (
                self.pooling_mode_mean_sqrt_len_tokens,
                Mode::MeanSqrtLenTokens,
            ),
            (self.pooling_mode_weightedmean_tokens, Mode::WeightedMean),
            (self.pooling_mode_lasttoken, Mode::Last),
        ];
        let modes = match self.pooling_mode {
            Some(OneOrMany::One(mode)) => vec![mode],
            Some(OneOrMany::Many(modes)) => modes,
            None => flags
                .into_iter()
                .filter_map(|(on, mode)| on.then_some(mode))
                .collect(),
        };
        Ok(match modes.is_empty() {
            true => vec![Mode::Mean],
            false => modes,
        })
    }
}

fn refused(message: String) -> Error {
    Invalid::at("/pooling", message).into()
}

/// A granted file; `None` where there is none.
fn parse<T: DeserializeOwned>(assets: &Assets, name: &str) -> Result<Option<T>> {
    let Some(bytes) = assets.find(name) else {
        return Ok(None);
    };
    let wrong = |error| {
        Error::internal(format!(
            "{name}: {error}; mend the file, or do not grant it"
        ))
    };
    serde_json::from_slice(bytes).map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use modelhost_plugin::Asset;

    const MODULES: &str = r#"[
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
    ]"#;

    fn assets(files: &[(&str, &str)]) -> Assets {
        let asset = |(name, text): &(&str, &str)| Asset {
            name: (*name).into(),
            data: text.as_bytes().to_vec(),
        };
        Assets(files.iter().map(asset).collect())
    }

    fn read(files: &[(&str, &str)]) -> std::result::Result<(Vec<Mode>, bool), String> {
        let assets = assets(files);
        let files = Files::read(&assets).map_err(|error| error.to_string())?;
        let modes = files.modes().map_err(|error| error.to_string())?;
        Ok((modes, files.normalizes()))
    }

    fn pooling(text: &str) -> Vec<Mode> {
        read(&[("1_Pooling/config.json", text)])
            .expect("a right file")
            .0
    }

    #[test]
    fn a_sentence_transformers_repository_says_pooling_and_normalisation() {
        let text = r#"{"word_embedding_dimension": 384, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false, "include_prompt": true}"#;
        let files = [("modules.json", MODULES), ("1_Pooling/config.json", text)];
        assert_eq!(read(&files), Ok((vec![Mode::Mean], true)));
    }

    #[test]
    fn old_flags_and_the_new_field_say_the_same() {
        assert_eq!(pooling(r#"{"pooling_mode_lasttoken": true}"#), [Mode::Last]);
        assert_eq!(pooling(r#"{"pooling_mode": "lasttoken"}"#), [Mode::Last]);
        assert_eq!(
            pooling(r#"{"pooling_mode_max_tokens": true, "pooling_mode_cls_token": true}"#),
            [Mode::Cls, Mode::Max]
        );
        assert_eq!(
            pooling(r#"{"pooling_mode": ["weightedmean", "mean_sqrt_len_tokens"]}"#),
            [Mode::WeightedMean, Mode::MeanSqrtLenTokens]
        );
        assert_eq!(
            pooling(r#"{"pooling_mode_mean_tokens": false}"#),
            [Mode::Mean]
        );
    }

    #[test]
    fn a_plain_transformer_is_pooled_as_sentence_transformers_does_and_not_normalised() {
        assert_eq!(read(&[]), Ok((vec![Mode::Mean], false)));
        let bert = r#"{"architectures": ["BertModel"]}"#;
        assert_eq!(
            read(&[("config.json", bert)]),
            Ok((vec![Mode::Mean], false))
        );
        let causal = r#"{"architectures": ["QwenForCausalLM"]}"#;
        assert_eq!(
            read(&[("config.json", causal)]),
            Ok((vec![Mode::Last], false))
        );
        let both = r#"{"architectures": ["QwenForCausalLM"], "is_causal": false}"#;
        assert_eq!(
            read(&[("config.json", both)]),
            Ok((vec![Mode::Mean], false))
        );
    }

    #[test]
    fn a_module_that_the_graph_does_not_hold_is_refused_by_name() {
        let dense = MODULES.replace("Normalize", "Dense");
        let error = read(&[("modules.json", &dense), ("1_Pooling/config.json", "{}")])
            .expect_err("a dense layer");
        assert!(
            error.starts_with("/pooling: modules.json has a Dense module (2_Dense), which the"),
            "{error}"
        );
    }

    #[test]
    fn pooling_that_cannot_be_followed_is_refused_with_what_to_do() {
        let refusal = |files: &[_]| read(files).expect_err("must be refused");
        assert!(
            refusal(&[("modules.json", MODULES)])
                .contains("grant that file, or name the pooling here")
        );
        let prompt = ("1_Pooling/config.json", r#"{"include_prompt": false}"#);
        assert!(refusal(&[prompt]).starts_with("/pooling: the model's pooling leaves out"));
        let unknown = ("1_Pooling/config.json", r#"{"pooling_mode": "median"}"#);
        assert!(refusal(&[unknown]).starts_with("1_Pooling/config.json: "));
        assert!(refusal(&[("modules.json", "{")]).starts_with("modules.json: "));
    }
}
