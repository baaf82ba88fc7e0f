//! Which task a model is for: what says so, in the order of how sure it is, held against the signature.
//! Must not know how a task is served.

use super::facts::Facts;
use super::{Error, Guess, roles, shape};
use crate::manifest::Task;
use crate::model::Port;

/// Tasks that the same bundled plugins serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Texts to vectors.
    Embedding,
    /// Texts, or pairs of them, to labels.
    TextLabels,
    /// Texts to labels of their parts.
    TokenLabels,
    /// Pictures to labels.
    ImageLabels,
    /// Pictures to the model's own tensors.
    ImageVectors,
    /// Rows of columns to numbers or labels.
    Table,
}

/// Each task that is served, and by which family.
const SERVED: [(&str, Family); 10] = [
    ("feature-extraction", Family::Embedding),
    ("sentence-similarity", Family::Embedding),
    ("text-classification", Family::TextLabels),
    ("text-ranking", Family::TextLabels),
    ("zero-shot-classification", Family::TextLabels),
    ("token-classification", Family::TokenLabels),
    ("image-classification", Family::ImageLabels),
    ("image-feature-extraction", Family::ImageVectors),
    ("tabular-classification", Family::Table),
    ("tabular-regression", Family::Table),
];

/// How the classes of transformers end, and what their models are for.
const CLASSES: [(&str, &str); 21] = [
    ("VisionModelWithProjection", "image-feature-extraction"),
    ("TextModelWithProjection", "feature-extraction"),
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForImageClassification", "image-classification"),
    ("ForImageClassificationWithTeacher", "image-classification"),
    ("ForMaskedLM", "fill-mask"),
    ("ForPreTraining", "fill-mask"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("ForObjectDetection", "object-detection"),
    ("ForSemanticSegmentation", "image-segmentation"),
    ("ForImageSegmentation", "image-segmentation"),
    ("ForDepthEstimation", "depth-estimation"),
    ("ForAudioClassification", "audio-classification"),
    ("ForVideoClassification", "video-classification"),
    ("ForCTC", "automatic-speech-recognition"),
    ("ForPrediction", "time-series-forecasting"),
];

/// Classes of a head that names its tokens one by one; a vocabulary has more.
const MOST_TAGS: usize = 512;
/// The numbers of a vector are more than these, and classes are fewer, mostly.
const MOST_CLASSES: usize = 32;

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// The task, whether or not it is served.
    pub(super) task: Option<Guess<&'static str>>,
    /// What serves it.
    pub(super) family: Option<Family>,
    /// What was believed by nobody, and why.
    pub(super) notes: Vec<String>,
}

/// The task that was `asked` for, else the first that something names and the signature bears out.
///
/// # Errors
/// The signature is not one that the plugins of the task that was asked for work on.
pub(super) fn decide(facts: &Facts<'_>, asked: Option<Task>) -> Result<Decision, Error> {
    let mut decision = Decision::default();
    for candidate in candidates(facts, asked, &mut decision.notes) {
        let tag = candidate.value;
        match family(tag).map(|family| (family, fits(family, facts))) {
            Some((family, Ok(()))) => {
                decision.task = Some(candidate);
                decision.family = Some(family);
                return Ok(decision);
            }
            Some((_, Err(why))) if asked.is_some() => return Err(Error::Task { task: tag, why }),
            Some((_, Err(why))) => {
                let note = format!("`{tag}` ({}) does not fit: {why}", candidate.from);
                decision.notes.push(note);
            }
            // What is not served may still have an export of its body alone.
            None if asked.is_none() && shape::is_embedding_by_name(&facts.signature) => {
                let from = &candidate.from;
                decision.notes.push(format!(
                    "`{tag}` ({from}) is not what this export does: its outputs are {}",
                    shape::listed(&facts.signature.outputs)
                ));
            }
            None => {
                decision.task = Some(candidate);
                return Ok(decision);
            }
        }
    }
    Ok(decision)
}

fn family(tag: &str) -> Option<Family> {
    let served = SERVED.iter().find(|(served, _)| *served == tag);
    served.map(|(_, family)| *family)
}

fn candidates(
    facts: &Facts<'_>,
    asked: Option<Task>,
    notes: &mut Vec<String>,
) -> Vec<Guess<&'static str>> {
    if let Some(task) = asked {
        return vec![Guess::new(task.as_str(), "as asked for by --task")];
    }
    let card = &facts.card;
    let mut found = Vec::new();
    let mut add = |tag: &str, from: &str| match tag.parse::<Task>() {
        Ok(task) => found.push(Guess::new(task.as_str(), from)),
        Err(bad) => notes.push(format!("{from}: {bad}")),
    };
    if let Some(tag) = &card.pipeline_tag {
        add(tag, "the card's pipeline_tag");
    }
    if let Some(class) = facts.architecture()
        && let Some(tag) = tag_of_class(class, facts)
    {
        add(tag, &format!("config.json's architecture {class}"));
    }
    if facts.pooling.is_some() {
        add("feature-extraction", "the modules of sentence-transformers");
    }
    if let Some(tag) = facts.config["sklearn"]["task"].as_str() {
        add(tag, "config.json's sklearn.task");
    }
    if !facts.config["pretrained_cfg"].is_null() || card.is_tagged("timm") {
        add("image-classification", "config.json or the card of timm");
    }
    if let Some(tag) = card.tags.iter().find(|tag| family(tag).is_some()) {
        add(tag, "the card's tags");
    }
    if let Some(guess) = of_signature(facts, notes) {
        found.push(guess);
    }
    found
}

fn tag_of_class(class: &str, facts: &Facts<'_>) -> Option<&'static str> {
    let ending = CLASSES.iter().find(|(ending, _)| class.ends_with(ending));
    match ending {
        Some((_, tag)) => Some(tag),
        None if !class.ends_with("Model") => None,
        None if shape::picture(&facts.signature).is_some() => Some("image-feature-extraction"),
        None => Some("feature-extraction"),
    }
}

/// What the tensors alone look like.
fn of_signature(facts: &Facts<'_>, notes: &mut Vec<String>) -> Option<Guess<&'static str>> {
    let signature = &facts.signature;
    let named = |name: &str| signature.outputs.iter().any(|port| port.name == name);
    let reads_text = match roles::tensors(signature) {
        Ok(tensors) => tensors.is_empty() || facts.tokenizer.is_some() || facts.unusable.is_some(),
        Err(_) => false,
    };
    let tag = if reads_text {
        let rows = shape::logits(signature, 2);
        let tokens = shape::logits(signature, 3);
        let classes = |port| shape::class_count(port).or(facts.class_count());
        if rows.is_some() && named("logits") {
            "text-classification"
        } else if shape::is_embedding_by_name(signature) {
            "feature-extraction"
        } else if let Some(port) = tokens {
            match classes(port) {
                Some(count) if count <= MOST_TAGS && named("logits") => "token-classification",
                _ if named("logits") => return None,
                _ => "feature-extraction",
            }
        } else {
            match classes(rows?) {
                Some(count) if count <= MOST_CLASSES => "text-classification",
                _ => "feature-extraction",
            }
        }
    } else if shape::picture(signature).is_some() {
        let outputs = shape::outputs_of_rank(signature, 2);
        match outputs.iter().all(|port| shape::are_vectors(port)) {
            true if outputs.is_empty() => return None,
            true => "image-feature-extraction",
            false => shape::logits(signature, 2).map(|_| "image-classification")?,
        }
    } else if shape::is_table(signature) {
        of_table(facts, notes)?
    } else {
        return None;
    };
    let from = format!(
        "the signature: {} → {}",
        shape::listed(&signature.inputs),
        shape::listed(&signature.outputs)
    );
    Some(Guess::new(tag, from))
}

fn of_table(facts: &Facts<'_>, notes: &mut Vec<String>) -> Option<&'static str> {
    let signature = &facts.signature;
    if let Some(port) = shape::series(signature) {
        notes.push(format!(
            "`{}` reads like a series in time, so this is not taken for a table; if it is one: --task tabular-regression, or tabular-classification",
            port.name
        ));
        return None;
    }
    let mut outputs = signature.outputs.iter();
    if outputs.any(|port| port.name.contains("label")) {
        return Some("tabular-classification");
    }
    let Some(port) = shape::several(signature) else {
        return Some("tabular-regression");
    };
    let are_scores = matches!(facts.producer(port), Some("Softmax" | "Sigmoid"));
    if are_scores || !shape::are_numbers(port) {
        return Some("tabular-classification");
    }
    notes.push(format!(
        "`{}` reads like numbers and not like the scores of classes; if it has scores: --task tabular-classification",
        port.name
    ));
    Some("tabular-regression")
}

/// Whether the signature is one that the family's plugins work on.
fn fits(family: Family, facts: &Facts<'_>) -> Result<(), String> {
    let signature = &facts.signature;
    let reads_text = || roles::tensors(signature).map(drop);
    let has_floats = |rank: usize, never: fn(&Port) -> bool| {
        let outputs = shape::outputs_of_rank(signature, rank);
        match outputs.iter().any(|port| !never(port)) {
            true => Ok(()),
            false => Err(format!(
                "the model's outputs are {}",
                shape::listed(&signature.outputs)
            )),
        }
    };
    let are_logits = |port: &Port| port.name == "logits";
    let inputs = || {
        format!(
            "the model's inputs are {}",
            shape::listed(&signature.inputs)
        )
    };
    match family {
        Family::Embedding => reads_text()
            .and_then(|()| has_floats(3, are_logits).or_else(|_| has_floats(2, are_logits))),
        Family::TextLabels => reads_text().and_then(|()| has_floats(2, shape::are_vectors)),
        Family::TokenLabels => reads_text().and_then(|()| has_floats(3, shape::are_vectors)),
        Family::ImageLabels => shape::picture(signature)
            .ok_or_else(inputs)
            .and_then(|_| has_floats(2, shape::are_vectors)),
        Family::ImageVectors => shape::picture(signature).map(|_| ()).ok_or_else(inputs),
        Family::Table => shape::is_table(signature).then_some(()).ok_or_else(inputs),
    }
}
