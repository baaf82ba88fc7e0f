//! The task: Hugging Face's `pipeline_tag`, which says what goes in and what comes out.
//! Must not know schemas or pages; a tag is a word here.

use std::fmt;
use std::str::FromStr;

use super::value::BadValue;
use super::words::{nearest, quoted};

/// A `pipeline_tag` that the Hub knows.
// Invariant: one of TAGS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Task(&'static str);

impl Task {
    /// The tag as the Hub writes it.
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// Whether Hugging Face's clients take the whole body of a response for the answer, as
    /// `InferenceClient` and `@huggingface/inference` do for the tasks that they know.
    pub fn is_answered_bare(&self) -> bool {
        CLIENTS.contains(&self.0)
    }

    /// Every task there is.
    pub fn all() -> impl Iterator<Item = Task> {
        TAGS.iter().copied().map(Task)
    }
}

impl FromStr for Task {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Task, BadValue> {
        if let Some(tag) = TAGS.iter().find(|tag| **tag == text) {
            return Ok(Task(tag));
        }
        let found = quoted(text);
        Err(BadValue(match nearest(text, TAGS.iter().copied()) {
            Some(meant) => {
                format!("{found} is no pipeline_tag of the Hub; did you mean `{meant}`?")
            }
            None => format!(
                "{found} is no pipeline_tag of the Hub; take one from https://huggingface.co/tasks, or leave the field out"
            ),
        }))
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The tasks that Hugging Face's clients have a method for.
const CLIENTS: &[&str] = &[
    "audio-classification",
    "audio-to-audio",
    "automatic-speech-recognition",
    "document-question-answering",
    "feature-extraction",
    "fill-mask",
    "image-classification",
    "image-segmentation",
    "image-to-image",
    "image-to-text",
    "image-to-video",
    "object-detection",
    "question-answering",
    "sentence-similarity",
    "summarization",
    "table-question-answering",
    "tabular-classification",
    "tabular-regression",
    "text-classification",
    "text-generation",
    "text-ranking",
    "text-to-image",
    "text-to-speech",
    "text-to-video",
    "token-classification",
    "translation",
    "visual-question-answering",
    "zero-shot-classification",
    "zero-shot-image-classification",
];

/// The Hub's own list, with the older tags that cards still carry.
const TAGS: &[&str] = &[
    "any-to-any",
    "audio-classification",
    "audio-text-to-text",
    "audio-to-audio",
    "automatic-speech-recognition",
    "biology",
    "conversational",
    "depth-estimation",
    "document-question-answering",
    "feature-extraction",
    "fill-mask",
    "graph-ml",
    "image-classification",
    "image-feature-extraction",
    "image-segmentation",
    "image-text-to-image",
    "image-text-to-text",
    "image-text-to-video",
    "image-to-3d",
    "image-to-image",
    "image-to-text",
    "image-to-video",
    "keypoint-detection",
    "mask-generation",
    "multiple-choice",
    "object-detection",
    "other",
    "question-answering",
    "reinforcement-learning",
    "robotics",
    "sentence-similarity",
    "summarization",
    "table-question-answering",
    "table-to-text",
    "tabular-classification",
    "tabular-regression",
    "tabular-to-text",
    "text-classification",
    "text-generation",
    "text-ranking",
    "text-retrieval",
    "text-to-3d",
    "text-to-audio",
    "text-to-image",
    "text-to-speech",
    "text-to-video",
    "text2text-generation",
    "time-series-forecasting",
    "token-classification",
    "translation",
    "unconditional-image-generation",
    "video-classification",
    "video-text-to-text",
    "video-to-video",
    "visual-document-retrieval",
    "visual-question-answering",
    "voice-activity-detection",
    "zero-shot-classification",
    "zero-shot-image-classification",
    "zero-shot-object-detection",
];
