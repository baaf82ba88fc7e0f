//! The output of a classifier: which tensor it is, what its classes are called, how many there are.
//! Knows no texts and no pictures, and not what is answered.

use crate::error::{Error, Invalid, Result};
use crate::float::Floats;
use crate::labels::{ClassFile, Labels};
use crate::output::Wanted;
use crate::plugin::Assets;
use crate::scores::Function;
use crate::signature::Signature;
use crate::tensor::Tensors;

/// A classifier's output, checked against the model's signature.
#[derive(Debug, Clone)]
pub struct Classes {
    /// The output with the logits.
    pub tensor: String,
    /// What the classes are called.
    pub labels: Labels,
    /// How many there are, where the labels or the model say so.
    pub count: Option<usize>,
    /// As `config.json` has it.
    pub problem_type: Option<String>,
    axes: &'static [&'static str],
}

impl Classes {
    /// From the configuration's fields `tensor` and `labels`, `config.json`, and the model.
    ///
    /// `axes` are those of the logits, such as `["rows", "classes"]`; the last is that of the classes.
    pub fn check(
        tensor: Option<String>,
        labels: Option<Vec<String>>,
        axes: &'static [&'static str],
        assets: &Assets,
        model: &Signature,
    ) -> Result<Self> {
        let wanted = Wanted {
            names: &["logits"],
            axes,
        };
        let tensor = wanted.choose(model, tensor)?;
        if labels.as_ref().is_some_and(Vec::is_empty) {
            return Err(
                Invalid::at("/labels", "is empty; name every class, or leave it out").into(),
            );
        }
        let file = ClassFile::read(assets)?;
        let fixed = model
            .output(&tensor)
            .and_then(|port| port.fixed(axes.len() - 1))
            .map(|classes| classes as usize);
        let from_file = labels.is_none();
        let names = labels.or(file.labels);
        if let (Some(names), Some(classes)) = (&names, fixed)
            && names.len() != classes
        {
            let has = format!("the model's output `{tensor}` has {classes} classes");
            return Err(match from_file {
                true => Error::internal(format!(
                    "config.json names {} classes, but {has}; set `labels` to their names",
                    names.len()
                )),
                false => Invalid::at("/labels", format!("names {}, but {has}", names.len())).into(),
            });
        }
        Ok(Self {
            count: names.as_ref().map(Vec::len).or(fixed),
            labels: Labels::new(names),
            problem_type: file.problem_type,
            tensor,
            axes,
        })
    }

    /// What is applied to `classes` logits where neither manifest nor request says it.
    pub fn usual_function(&self, classes: usize) -> Function {
        Function::usual(self.problem_type.as_deref(), classes)
    }

    /// The logits of `rows` rows, whose last axis fits the labels; a row of them is `logits.row(i)`.
    pub fn logits<'a>(&self, outputs: &'a Tensors, rows: usize) -> Result<Floats<'a>> {
        let logits = outputs.floats(&self.tensor, self.axes.len())?;
        let size = |axis: usize| logits.shape[axis] as usize;
        let classes = size(self.axes.len() - 1);
        if size(0) == rows && classes > 0 && self.count.is_none_or(|count| count == classes) {
            return Ok(logits);
        }
        let mut wanted: Vec<String> = self.axes.iter().map(|axis| (*axis).to_owned()).collect();
        wanted[0] = rows.to_string();
        if let (Some(count), Some(last)) = (self.count, wanted.last_mut()) {
            *last = count.to_string();
        }
        Err(Error::internal(format!(
            "tensor `{}` has the shape {:?}; it must be [{}]: {}",
            self.tensor,
            logits.shape,
            wanted.join(", "),
            self.axes.join(", ")
        )))
    }
}

/// A row whose logits leave no scores.
pub fn no_number(row: usize) -> Error {
    Error::internal(format!(
        "the model's answer to row {row} has a logit that is no number"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Asset;
    use crate::signature::Port;
    use crate::tensor::Tensor;

    fn model(classes: Option<u32>) -> Signature {
        Signature {
            inputs: Vec::new(),
            outputs: vec![Port {
                name: "logits".into(),
                dtype: "f32".into(),
                shape: Some(vec![None, classes]),
            }],
        }
    }

    fn check(
        labels: Option<&[&str]>,
        config: &str,
        classes: Option<u32>,
    ) -> std::result::Result<Classes, String> {
        let labels = labels.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect());
        let assets = Assets(vec![Asset {
            name: "config.json".into(),
            data: config.as_bytes().to_vec(),
        }]);
        Classes::check(None, labels, &["rows", "classes"], &assets, &model(classes))
            .map_err(|error| error.to_string())
    }

    const FILE: &str = r#"{"id2label": {"0": "no", "1": "yes"}}"#;

    #[test]
    fn the_configurations_labels_win_over_those_of_config_json() {
        let classes = check(Some(&["bad", "good"]), FILE, None).expect("right");
        assert_eq!(classes.labels.name(1), "good");
        let classes = check(None, FILE, Some(2)).expect("right");
        assert_eq!(classes.labels.name(1), "yes");
        let classes = check(None, "{}", Some(4)).expect("right");
        assert_eq!((classes.labels.count(), classes.count), (None, Some(4)));
    }

    #[test]
    fn labels_that_do_not_fit_the_models_classes_are_refused_where_they_stand() {
        assert_eq!(
            check(Some(&["a"]), "{}", Some(2)).expect_err("one too few"),
            "/labels: names 1, but the model's output `logits` has 2 classes"
        );
        assert_eq!(
            check(None, FILE, Some(3)).expect_err("one too few"),
            "config.json names 2 classes, but the model's output `logits` has 3 classes; set `labels` to their names"
        );
        assert_eq!(
            check(Some(&[]), "{}", None).expect_err("none"),
            "/labels: is empty; name every class, or leave it out"
        );
    }

    #[test]
    fn logits_that_do_not_fit_are_a_fault_that_says_what_would() {
        let classes = check(None, FILE, None).expect("right");
        let message = |shape: &[usize], rows| {
            let data = vec![0.0; shape.iter().product()];
            let outputs = Tensors(vec![("logits".into(), Tensor::f32(shape, data))]);
            match classes.logits(&outputs, rows) {
                Ok(floats) => format!("{:?}", floats.shape),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(message(&[3, 2], 3), "[3, 2]");
        assert_eq!(message(&[0, 2], 0), "[0, 2]");
        assert_eq!(
            message(&[2, 2], 3),
            "tensor `logits` has the shape [2, 2]; it must be [3, 2]: rows, classes"
        );
        assert_eq!(
            message(&[3, 5], 3),
            "tensor `logits` has the shape [3, 5]; it must be [3, 2]: rows, classes"
        );
        assert!(message(&[6], 3).contains("must have 2 axes"));
        let unknown = check(None, "{}", None).expect("right");
        let outputs = Tensors(vec![("logits".into(), Tensor::f32(&[1, 0], Vec::new()))]);
        assert!(unknown.logits(&outputs, 1).is_err());
    }
}
