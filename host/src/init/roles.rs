//! Which input of a model of texts gets what: the ids, the mask, the types, the positions.
//! Must not know files or cards; where the names leave it open, nothing is guessed.

use super::shape::{fixed, is_float, is_integer, rank};
use crate::model::{Port, Signature};
use crate::tensor::Dtype;
use serde_json::{Map, Value, json};

/// What an input is to hold, with its key in tokenize-text's `tensors`, the names that tokenize-text looks for itself,
/// and what such names have in them otherwise.
struct Role {
    key: &'static str,
    usual: &'static [&'static str],
    words: &'static [&'static str],
}

/// The first one that a name speaks for is its role; ids are what is left.
const ROLES: [Role; 4] = [
    Role {
        key: "mask",
        usual: &["attention_mask", "mask", "input_mask"],
        words: &["mask"],
    },
    Role {
        key: "types",
        usual: &[
            "token_type_ids",
            "segment_ids",
            "type_ids",
            "input_type_ids",
        ],
        words: &["type", "segment"],
    },
    Role {
        key: "positions",
        usual: &["position_ids", "positions"],
        words: &["position"],
    },
    Role {
        key: "ids",
        usual: &[
            "input_ids",
            "input",
            "inputs",
            "ids",
            "tokens",
            "token_ids",
            "input_word_ids",
        ],
        words: &[""],
    },
];

/// A name without what TensorFlow puts around it: `serving_default_input_ids:0`.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("serving_default_").unwrap_or(name);
    name.strip_suffix(":0").unwrap_or(name)
}

fn is_usual(port: &Port) -> bool {
    let usual = |role: &Role| role.usual.contains(&plain(&port.name));
    ROLES.iter().any(usual)
}

fn role_of(port: &Port) -> Option<&'static str> {
    let name = plain(&port.name).to_lowercase();
    let usual = |role: &&Role| role.usual.contains(&name.as_str());
    let speaks = |role: &&Role| role.words.iter().any(|word| name.contains(word));
    let role = ROLES.iter().find(usual).or(ROLES.iter().find(speaks))?;
    Some(role.key)
}

/// The `tensors` of tokenize-text, empty where it finds them by itself.
///
/// # Errors
/// The model reads no texts, as far as the signature tells: the first input that says so.
pub(super) fn tensors(signature: &Signature) -> Result<Map<String, Value>, String> {
    let inputs = &signature.inputs;
    let none = || Err("the model takes no token ids".to_owned());
    let is_picture = |port: &Port| port.dtype == Dtype::F32 && rank(port) == Some(4);
    if !inputs.iter().any(|port| is_integer(port.dtype)) || inputs.iter().any(is_picture) {
        return none();
    }
    let has_usual = inputs
        .iter()
        .any(|port| is_usual(port) && is_integer(port.dtype));
    if has_usual && inputs.iter().all(is_usual) {
        return Ok(Map::new());
    }
    let mut tensors = Map::new();
    for port in inputs {
        let key = role_of(port).unwrap_or("ids");
        let fits = is_integer(port.dtype)
            || key == "mask" && (is_float(port.dtype) || port.dtype == Dtype::Bool);
        let is_matrix = rank(port) == Some(2) && fixed(port, 1) != Some(1);
        let other = tensors.insert(key.to_owned(), json!(port.name));
        let other = other.as_ref().and_then(Value::as_str);
        match other {
            None if fits && is_matrix => {}
            Some(other) if !has_usual && fits && is_matrix => {
                return Err(format!(
                    "`{other}` and `{}` could both be the {key}; once you know which is, `preprocess: {{ plugin: tokenize-text, config: {{ tensors: {{ ids: …, mask: … }} }} }}` says it",
                    port.name
                ));
            }
            _ if !has_usual => return none(),
            _ => {
                let port = inputs.iter().find(|port| !is_usual(port)).unwrap_or(port);
                return Err(format!(
                    "the model also takes `{}`, which tokenize-text does not make",
                    port.name
                ));
            }
        }
    }
    match tensors.contains_key("ids") {
        true => Ok(tensors),
        false => none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dim;

    fn roles(inputs: &[(&str, Dtype, usize)]) -> Result<Value, String> {
        let port = |(name, dtype, rank): &(&str, Dtype, usize)| Port {
            name: (*name).to_owned(),
            dtype: *dtype,
            shape: Some(vec![Dim::Any; *rank]),
            rows: None,
        };
        let signature = Signature {
            inputs: inputs.iter().map(port).collect(),
            outputs: Vec::new(),
        };
        tensors(&signature).map(Value::Object)
    }

    #[test]
    fn usual_names_need_no_word() {
        let usual = [
            ("serving_default_input_ids:0", Dtype::I64, 2),
            ("attention_mask", Dtype::I64, 2),
        ];
        assert_eq!(roles(&usual), Ok(json!({})));
    }

    #[test]
    fn names_that_speak_for_themselves_are_given_their_roles() {
        let named = [
            ("src_words", Dtype::I32, 2),
            ("padding_mask", Dtype::Bool, 2),
            ("SegmentIds", Dtype::I32, 2),
            ("my_position", Dtype::I32, 2),
        ];
        assert_eq!(
            roles(&named),
            Ok(
                json!({"ids": "src_words", "mask": "padding_mask", "types": "SegmentIds", "positions": "my_position"})
            )
        );
        let mixed = [("tokens", Dtype::I64, 2), ("padding_mask", Dtype::I64, 2)];
        assert_eq!(
            roles(&mixed),
            Ok(json!({"ids": "tokens", "mask": "padding_mask"}))
        );
    }

    #[test]
    fn what_is_unclear_or_something_else_is_said() {
        let unclear = [("input_0", Dtype::I64, 2), ("input_1", Dtype::I64, 2)];
        let why = roles(&unclear).expect_err("unclear");
        assert!(
            why.contains("`input_0` and `input_1` could both be the ids"),
            "{why}"
        );
        let more = [("input_ids", Dtype::I64, 2), ("bbox", Dtype::I64, 3)];
        let why = roles(&more).expect_err("one more");
        assert!(why.contains("also takes `bbox`"), "{why}");
        let none = "the model takes no token ids".to_owned();
        assert_eq!(roles(&[("x", Dtype::F32, 2)]), Err(none.clone()));
        assert_eq!(roles(&[("x", Dtype::I64, 1)]), Err(none));
    }
}
