//! Which output of the model is the answer, and what each row of it means.
//! Must not know a request.

use crate::config::{Answers, Kind};
use modelhost_plugin::labels::{ClassFile, Labels};
use modelhost_plugin::{Assets, Invalid, Port, Signature};

/// The answer, as the model gives it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) tensor: String,
    /// `None` where only its width can say: one element a row is a number, several are scores of labels.
    pub(crate) kind: Option<Kind>,
    /// What classes are called; without names a label is its number.
    pub(crate) labels: Option<Labels>,
    pub(crate) adjust: Adjust,
}

/// What is done to a number before it is answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adjust {
    pub(crate) scale: f64,
    pub(crate) offset: f64,
    /// Digits after the point.
    pub(crate) round: Option<u32>,
}

impl Output {
    pub(crate) fn check(
        answers: &Answers<'_>,
        assets: &Assets,
        model: &Signature,
    ) -> Result<Self, Invalid> {
        let port = port(answers, model)?;
        let file = ClassFile::read(assets).map_err(|error| Invalid::new(error.to_string()))?;
        if answers.labels.is_some_and(<[String]>::is_empty) {
            return Err(Invalid::at(
                "/labels",
                "is empty; name every class, or leave it out",
            ));
        }
        let names = answers.labels.map(<[String]>::to_vec).or(file.labels);
        let kind = kind(answers, names.is_some(), &port)?;
        if let (Some(names), Some(classes)) = (answers.labels, classes(&port))
            && names.len() != classes
        {
            let message = format!(
                "names {}, but `{}` has {classes} classes",
                names.len(),
                port.name
            );
            return Err(Invalid::at("/labels", message));
        }
        Ok(Self {
            kind,
            labels: names.map(|names| Labels::new(Some(names))),
            adjust: Adjust::check(answers, kind)?,
            tensor: port.name,
        })
    }
}

impl Adjust {
    fn check(answers: &Answers<'_>, kind: Option<Kind>) -> Result<Self, Invalid> {
        let written = [
            ("/scale", answers.scale.is_some()),
            ("/offset", answers.offset.is_some()),
            ("/round", answers.round.is_some()),
        ];
        if let (Some(Kind::Labels), Some((field, _))) = (kind, written.iter().find(|(_, is)| *is)) {
            return Err(Invalid::at(
                *field,
                "is for numbers, but this model answers labels",
            ));
        }
        let in_range = |number: f64| number.is_finite() && number.abs() <= 1e15;
        if !answers.scale.is_none_or(in_range) {
            return Err(Invalid::at("/scale", "must be between -1e15 and 1e15"));
        }
        if !answers.offset.is_none_or(in_range) {
            return Err(Invalid::at("/offset", "must be between -1e15 and 1e15"));
        }
        if answers.round.is_some_and(|digits| digits > 12) {
            return Err(Invalid::at("/round", "must be between 0 and 12 digits"));
        }
        Ok(Self {
            scale: answers.scale.unwrap_or(1.0),
            offset: answers.offset.unwrap_or(0.0),
            round: answers.round,
        })
    }
}

/// The output that is named, or that a table's prediction must be.
fn port(answers: &Answers<'_>, model: &Signature) -> Result<Port, Invalid> {
    let list = || {
        let ports = model
            .outputs
            .iter()
            .map(|port| format!("{} {}", port.name, port.dtype));
        ports.collect::<Vec<_>>().join(", ")
    };
    if model.outputs.is_empty() {
        let name = answers.output.unwrap_or("output").to_owned();
        return Ok(Port {
            name,
            dtype: "f32".into(),
            shape: None,
        });
    }
    if let Some(name) = answers.output {
        let port = model.output(name).cloned();
        return port.ok_or_else(|| {
            Invalid::at(
                "/output",
                format!("the model has no output `{name}`; it has: {}", list()),
            )
        });
    }
    let scores = answers.answer == Some(Kind::Scores);
    let fits = |port: &&Port| (1..=2).contains(&port.rank().unwrap_or(2));
    let is_label = |port: &&Port| !is_float(port) && classes(port).is_none();
    let mut labels = model.outputs.iter().filter(fits).filter(is_label);
    let mut floats = model
        .outputs
        .iter()
        .filter(fits)
        .filter(|port| is_float(port));
    // scikit-learn's classifiers give labels and their probabilities: the labels are the prediction.
    let preferred = match (scores, labels.next(), labels.next()) {
        (false, Some(only), None) => Some(only),
        _ => floats.next().filter(|_| floats.next().is_none()),
    };
    preferred.cloned().ok_or_else(|| {
        Invalid::at(
            "/output",
            format!(
                "is missing: name the output that is the prediction; the model has: {}",
                list()
            ),
        )
    })
}

/// What a row means, where the signature says enough.
fn kind(answers: &Answers<'_>, named: bool, port: &Port) -> Result<Option<Kind>, Invalid> {
    let wrong = |message: String| Err(Invalid::at("/answer", message));
    let wide = classes(port).is_some();
    let narrow = port.rank() == Some(1) || (port.rank() == Some(2) && port.fixed(1) == Some(1));
    match answers.answer {
        Some(Kind::Numbers) if port.dtype == "text" => {
            wrong(format!("`{}` is text; answer labels", port.name))
        }
        Some(Kind::Scores) if !is_float(port) || narrow => wrong(format!(
            "`{}` has no scores, which are several floats a row",
            port.name
        )),
        Some(Kind::Labels) if is_float(port) && narrow => wrong(format!(
            "`{}` is one float a row, which says no label; answer numbers",
            port.name
        )),
        Some(kind) => Ok(Some(kind)),
        None if !is_float(port) => Ok(Some(Kind::Labels)),
        // As converters call the output of a regressor with several targets.
        None if wide && !named && port.name == "variable" => Ok(Some(Kind::Numbers)),
        None if wide || (named && !narrow) => Ok(Some(Kind::Labels)),
        None if narrow => Ok(Some(Kind::Numbers)),
        None => Ok(None),
    }
}

/// How many scores a row has, where the signature says that there are several.
fn classes(port: &Port) -> Option<usize> {
    let width = port
        .fixed(1)
        .filter(|width| port.rank() == Some(2) && *width > 1);
    width.map(|width| width as usize)
}

fn is_float(port: &Port) -> bool {
    modelhost_plugin::float::is_float(&port.dtype)
}
