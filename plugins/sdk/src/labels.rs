//! The names of a model's classes, and what `config.json` says of them.
//! Knows no scores and no answers.

use crate::error::{Error, Result};
use crate::plugin::Assets;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The part of a Hugging Face `config.json` that is about classes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassFile {
    /// The class names in their order: `id2label`, else `label2id`, else timm's `label_names`.
    pub labels: Option<Vec<String>>,
    /// Such as `multi_label_classification`.
    pub problem_type: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    id2label: Option<Map<String, Value>>,
    label2id: Option<Map<String, Value>>,
    label_names: Option<Vec<String>>,
    problem_type: Option<String>,
}

impl ClassFile {
    /// Reads the granted `config.json`; where there is none, nothing is known.
    pub fn read(assets: &Assets) -> Result<Self> {
        let Some(bytes) = assets.find("config.json") else {
            return Ok(Self::default());
        };
        let wrong = |why: String| {
            Error::internal(format!(
                "config.json: {why}; mend the file, or set `labels` and grant no config.json"
            ))
        };
        let written: Written =
            serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        let labels = match (written.id2label, written.label2id) {
            (Some(names), _) => Some(by_id(names).map_err(|why| wrong(format!("id2label {why}")))?),
            (None, Some(ids)) => {
                Some(by_name(ids).map_err(|why| wrong(format!("label2id {why}")))?)
            }
            (None, None) => written.label_names,
        };
        Ok(Self {
            labels: labels.filter(|labels| !labels.is_empty()),
            problem_type: written.problem_type,
        })
    }
}

/// `{"0": "NEGATIVE", "1": "POSITIVE"}`
fn by_id(names: Map<String, Value>) -> std::result::Result<Vec<String>, String> {
    let entries = names.into_iter().map(|(id, name)| (id.parse().ok(), name));
    in_order(entries.map(|(id, name)| match name {
        Value::String(name) => (id, name),
        other => (id, other.to_string()),
    }))
}

/// `{"NEGATIVE": 0, "POSITIVE": 1}`; some files have the numbers as strings.
fn by_name(ids: Map<String, Value>) -> std::result::Result<Vec<String>, String> {
    in_order(ids.into_iter().map(|(name, id)| match id {
        Value::String(id) => (id.parse().ok(), name),
        other => (other.as_u64(), name),
    }))
}

fn in_order(
    entries: impl ExactSizeIterator<Item = (Option<u64>, String)>,
) -> std::result::Result<Vec<String>, String> {
    let count = entries.len();
    let mut labels: Vec<Option<String>> = vec![None; count];
    for (id, name) in entries {
        let place = id.and_then(|id| labels.get_mut(usize::try_from(id).ok()?));
        match place {
            Some(place @ None) => *place = Some(name),
            _ => {
                return Err(format!(
                    "must number its {count} classes from 0 to {}; `{}` does not fit in",
                    count - 1,
                    crate::json::shorten(&name)
                ));
            }
        }
    }
    Ok(labels.into_iter().flatten().collect())
}

/// What the classes of a model are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(Option<Vec<String>>);

impl Labels {
    /// These names; without them class 3 is `LABEL_3`.
    pub fn new(names: Option<Vec<String>>) -> Self {
        Self(names)
    }

    /// The number of names. `None` where classes are numbered.
    pub fn count(&self) -> Option<usize> {
        self.0.as_ref().map(Vec::len)
    }

    /// The name of a class.
    pub fn name(&self, class: usize) -> Cow<'_, str> {
        match self.0.as_ref().and_then(|names| names.get(class)) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("LABEL_{class}")),
        }
    }

    /// The class that is called `name`, of `count` classes where the names do not say it.
    pub fn class(&self, name: &str, count: Option<usize>) -> Option<usize> {
        match &self.0 {
            Some(names) => names.iter().position(|known| known == name),
            None => {
                let class: usize = name.strip_prefix("LABEL_")?.parse().ok()?;
                (self.name(class) == name && count.is_none_or(|count| class < count))
                    .then_some(class)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Asset;

    fn file(text: &str) -> std::result::Result<ClassFile, String> {
        let asset = Asset {
            name: "onnx/config.json".into(),
            data: text.as_bytes().to_vec(),
        };
        ClassFile::read(&Assets(vec![asset])).map_err(|error| error.to_string())
    }

    fn labels(text: &str) -> Vec<String> {
        file(text).expect("a right file").labels.expect("labels")
    }

    #[test]
    fn labels_stand_in_the_order_of_their_numbers_whichever_way_the_file_has_them() {
        let many: Vec<String> = (0..11).rev().map(|i| format!(r#""{i}": "c{i}""#)).collect();
        let many = format!(r#"{{"id2label": {{{}}}}}"#, many.join(", "));
        assert_eq!(labels(&many)[10], "c10");
        assert_eq!(
            labels(r#"{"label2id": {"b": "1", "a": 0}, "id2label": null}"#),
            ["a", "b"]
        );
        assert_eq!(
            labels(r#"{"id2label": {"0": 7, "1": "b"}, "label2id": {}}"#),
            ["7", "b"]
        );
        assert_eq!(
            labels(r#"{"label_names": ["cat", "dog"], "num_classes": 2}"#),
            ["cat", "dog"]
        );
    }

    #[test]
    fn a_file_without_classes_says_nothing_and_neither_does_no_file() {
        assert_eq!(
            file(r#"{"architectures": ["BertModel"]}"#),
            Ok(ClassFile::default())
        );
        assert_eq!(file(r#"{"id2label": {}}"#), Ok(ClassFile::default()));
        assert_eq!(
            ClassFile::read(&Assets::default()),
            Ok(ClassFile::default())
        );
    }

    #[test]
    fn a_file_that_numbers_its_classes_badly_is_refused_with_what_to_do() {
        assert_eq!(
            file(r#"{"id2label": {"0": "a", "2": "b"}}"#),
            Err("config.json: id2label must number its 2 classes from 0 to 1; `b` does not fit in; mend the file, or set `labels` and grant no config.json".into())
        );
        for text in [
            r#"{"id2label": {"0": "a", "x": "b"}}"#,
            r#"{"id2label": {"0": "a", "00": "b"}}"#,
            r#"{"label2id": {"a": 1, "b": 1}}"#,
            r#"{"label2id": {"a": -1}}"#,
            r#"{"label2id": {"a": 18446744073709551615}}"#,
            r#"{"id2label": []}"#,
            "{",
            "",
        ] {
            let error = file(text).expect_err(text);
            assert!(error.contains("grant no config.json"), "{error}");
        }
    }

    #[test]
    fn classes_without_names_are_numbered() {
        let labels = Labels::default();
        assert_eq!(labels.name(3), "LABEL_3");
        assert_eq!(labels.class("LABEL_3", Some(4)), Some(3));
        assert_eq!(labels.class("LABEL_3", Some(3)), None);
        assert_eq!(labels.class("LABEL_03", None), None);
        let labels = Labels::new(Some(vec!["no".into(), "yes".into()]));
        assert_eq!(labels.name(1), "yes");
        assert_eq!(labels.class("yes", None), Some(1));
        assert_eq!(labels.class("LABEL_1", None), None);
    }
}
