//! The cases, and what comes of each.
//! Must not know how that is shown.

use super::about;
use super::forms::{self, Form};
use super::tensors::{decoded, is_same, tensors};
use modelhost::model::{Error, File, Model};
use modelhost::tensor::NamedTensor;
use prost::Message;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tract_onnx::pb::{GraphProto, ModelProto};
use tract_onnx::prelude::Framework;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Right,
    /// At load, with a reason.
    Refused,
    /// At a run, with a reason.
    Failed,
    /// Inputs or outputs are NaN or infinite, which is refused by design.
    NotFinite,
    /// At load or at a run: the engine came to no error of its own.
    Panic,
    Wrong,
}

/// A case in one form.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) form: Form,
    pub(crate) outcome: Outcome,
    /// Nothing where it is right.
    pub(crate) reason: String,
    /// Nothing where it does not load.
    pub(crate) plan: &'static str,
    /// Whether some of its operators are made one; it is run without that too.
    pub(crate) is_fused: bool,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) opset: i64,
    pub(crate) dtype: String,
    pub(crate) is_plain: bool,
    pub(crate) onnxruntime: String,
    /// As it is, and then in the forms that are others.
    pub(crate) runs: Vec<Run>,
}

impl Case {
    pub(crate) fn fixed(&self) -> &Run {
        &self.runs[0]
    }
}

/// Every case in `folder`; `known` says what onnxruntime does not have right.
pub(crate) fn all(folder: &Path, known: &str) -> Vec<Case> {
    let known: HashMap<&str, &str> = known
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the cases are there");
        entries
            .map(|entry| entry.expect("it can be listed").path())
            .collect()
    };
    let groups = list(folder).into_iter().filter(|group| group.is_dir());
    let mut found: Vec<PathBuf> = groups
        .flat_map(|group| list(&group))
        .filter(|case| case.join("model.onnx").is_file())
        .collect();
    found.sort();
    let case = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("it lies there");
        let name = name.to_string_lossy().into_owned();
        let onnxruntime = known.get(name.as_str()).copied().unwrap_or("right");
        of(&path, name, onnxruntime)
    };
    found.into_iter().map(case).collect()
}

fn of(path: &Path, name: String, onnxruntime: &str) -> Case {
    let bytes = fs::read(path.join("model.onnx")).expect("a case has a model");
    let proto = tract_onnx::onnx().proto_model_for_read(&mut bytes.as_slice());
    let proto: ModelProto = proto.expect("the model is ONNX");
    let graph = proto.graph.clone().unwrap_or_default();
    let open = [Form::Named, Form::Unnamed].into_iter();
    let open = open.filter_map(|form| Some((form, forms::of(&proto, form)?.encode_to_vec())));
    let run = |(form, bytes): (Form, Vec<u8>)| run(path, form, &bytes, &graph);
    Case {
        operator: about::operator(&name, &graph),
        opset: about::opset(&proto),
        dtype: about::dtype(&graph),
        is_plain: about::is_plain(&graph),
        onnxruntime: onnxruntime.to_owned(),
        runs: [(Form::Fixed, bytes.clone())]
            .into_iter()
            .chain(open)
            .map(run)
            .collect(),
        name,
    }
}

fn run(path: &Path, form: Form, bytes: &[u8], graph: &GraphProto) -> Run {
    let loaded = File::read(bytes).and_then(Model::load);
    let plan = loaded.as_ref().map_or("", Model::plan_kind);
    let is_fused = loaded
        .as_ref()
        .is_ok_and(|model| model.fusion().operators > 0);
    let come_to = |loaded: Result<Model, Error>| {
        let answers = loaded.map_err(|error| said(Outcome::Refused, &error));
        let answers = answers.and_then(|model| answers_to(path, &model, graph));
        answers.map_or_else(|said| said, |()| (Outcome::Right, String::new()))
    };
    let (mut outcome, mut reason) = come_to(loaded);
    if is_fused {
        let (alone, why) = come_to(File::read(bytes).and_then(Model::load_unfused));
        if alone != outcome {
            (outcome, reason) = (Outcome::Wrong, format!("unfused it is {alone:?}: {why}"));
        }
    }
    Run {
        form,
        outcome,
        reason,
        plan,
        is_fused,
    }
}

fn answers_to(path: &Path, model: &Model, graph: &GraphProto) -> Result<(), (Outcome, String)> {
    for set in (0..).map(|set| path.join(format!("test_data_set_{set}"))) {
        if !set.is_dir() {
            break;
        }
        let taken = &model.signature().inputs;
        let inputs = tensors(&set, "input").into_iter().zip(&graph.input);
        let inputs = inputs
            .filter(|(_, input)| taken.iter().any(|port| port.name == input.name))
            .map(|(tensor, input)| NamedTensor {
                name: input.name.clone(),
                tensor: decoded(&tensor),
            });
        let given = model.run(inputs.collect());
        let given = given.map_err(|error| said(Outcome::Failed, &error))?;
        for (expected, given) in tensors(&set, "output").iter().zip(&given) {
            if !is_same(&decoded(expected), &given.tensor) {
                return Err((Outcome::Wrong, format!("`{}` differs", given.name)));
            }
        }
    }
    Ok(())
}

/// What `error` means, which is `otherwise` unless its text tells more.
fn said(otherwise: Outcome, error: &Error) -> (Outcome, String) {
    let text = error.to_string();
    let outcome = match &text {
        text if text.contains("panicked") => Outcome::Panic,
        text if text.contains("not finite") => Outcome::NotFinite,
        _ => otherwise,
    };
    (outcome, text)
}
