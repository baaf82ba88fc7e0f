//! The plugin of models that read pictures: what is told to it where no file of the repo does.
//! Must not know examples or limits.

use super::draft::Step;
use super::facts::Facts;
use super::shape;
use crate::tensor::Dtype;
use serde_json::{Map, json};

/// What most models are trained with, in pixels.
const USUAL_SIZE: u64 = 224;

/// A photo of a telephone, and what the limits of a manifest for pictures are made for.
const MOST_PIXELS: u64 = 16_000_000;

/// resize-image for this model.
pub(super) fn resize(facts: &Facts<'_>) -> Step {
    let mut config = Map::new();
    config.insert("max_pixels".to_owned(), MOST_PIXELS.into());
    let mut hints = Vec::new();
    let from = if let Some((file, _)) = facts.files.find("preprocessor_config.json") {
        file.to_owned()
    } else if !facts.config["pretrained_cfg"].is_null() {
        "config.json's pretrained_cfg".to_owned()
    } else {
        let picture = shape::picture(&facts.signature);
        let mut guessed = Vec::new();
        if picture.and_then(shape::picture_size).is_none() {
            let size = facts.config["image_size"].as_u64().unwrap_or(USUAL_SIZE);
            config.insert("size".to_owned(), size.into());
            guessed.push("`size`");
        }
        if picture.is_some_and(|port| port.dtype != Dtype::U8) {
            config.insert("mean".to_owned(), json!([0.485, 0.456, 0.406]));
            config.insert("std".to_owned(), json!([0.229, 0.224, 0.225]));
            guessed.push("ImageNet's `mean` and `std`");
        }
        if !guessed.is_empty() {
            hints.push(format!(
                "{} are guesses: the repo has no preprocessor_config.json; the scores are wrong where the model was trained with others",
                guessed.join(", ")
            ));
        }
        "no preprocessor_config.json".to_owned()
    };
    Step {
        plugin: "resize-image",
        config,
        assets: facts.files.assets("resize-image"),
        from,
        hints,
    }
}
