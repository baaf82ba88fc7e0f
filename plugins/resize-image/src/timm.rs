//! What a timm model's config.json says of its pictures (`pretrained_cfg`), as timm's evaluation transform means it.
//! Must not know this plugin's own configuration.

use crate::filter::Filter;
use crate::frame::Middle;
use crate::steps::{Colours, Crop, Normalize, Resize, Steps};
use modelhost_plugin::{Invalid, json};
use serde::Deserialize;

/// The keys of config.json that matter here.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Config {
    /// What transformers calls the kind of model.
    pub(crate) model_type: Option<String>,
    pretrained_cfg: Option<Pretrained>,
}

/// timm's own defaults where a key is missing.
#[derive(Debug, Deserialize)]
struct Pretrained {
    input_size: Option<(u32, u32, u32)>,
    interpolation: Option<String>,
    crop_pct: Option<f64>,
    crop_mode: Option<String>,
    mean: Option<Vec<f64>>,
    std: Option<Vec<f64>>,
}

impl Config {
    /// From the file; one that is no such object says nothing.
    pub(crate) fn read(file: &[u8]) -> Self {
        serde_json::from_slice(file).unwrap_or_default()
    }

    /// The steps of a timm model; `None` where it is none.
    pub(crate) fn steps(&self) -> Result<Option<Steps>, Invalid> {
        self.pretrained_cfg
            .as_ref()
            .map(Pretrained::steps)
            .transpose()
    }
}

impl Pretrained {
    fn steps(&self) -> Result<Steps, Invalid> {
        let (_, height, width) = self.input_size.unwrap_or((3, 224, 224));
        if !(1..=16_384).contains(&height) || !(1..=16_384).contains(&width) {
            return Err(wrong("input_size", "is out of range"));
        }
        let share = self.crop_pct.unwrap_or(0.875);
        if !(share > 0.01 && share <= 1.0) {
            return Err(wrong("crop_pct", "is no share between 0.01 and 1"));
        }
        let grown = |edge: u32| (f64::from(edge) / share) as u32;
        let resize = match self.crop_mode.as_deref().unwrap_or("center") {
            "center" if height == width => Resize::Shortest {
                edge: grown(height),
                longest: None,
            },
            "squash" => Resize::To {
                height: grown(height),
                width: grown(width),
            },
            mode => {
                let mode = json::shorten(mode);
                let message =
                    format!("`{mode}` is not what resize-image does for {height} × {width}");
                return Err(wrong("crop_mode", &message));
            }
        };
        let name = self.interpolation.as_deref().unwrap_or("bicubic");
        let filter = Filter::named(name).ok_or_else(|| {
            wrong(
                "interpolation",
                &format!("`{}` is no filter", json::shorten(name)),
            )
        })?;
        let list =
            |list: &Option<Vec<f64>>, usual: [f64; 3]| list.clone().unwrap_or(usual.to_vec());
        Ok(Steps {
            resize,
            filter,
            crop: Some(Crop {
                height,
                width,
                middle: Middle::Even,
            }),
            colours: Colours {
                rescale: Some(1.0 / 255.0),
                offset: 0.0,
                normalize: Some(Normalize {
                    mean: list(&self.mean, [0.485, 0.456, 0.406]),
                    std: list(&self.std, [0.229, 0.224, 0.225]),
                    again: false,
                }),
            },
            bgr: false,
        })
    }
}

fn wrong(key: &str, message: &str) -> Invalid {
    Invalid::new(format!(
        "`config.json`: /pretrained_cfg/{key} {message}; configure the steps in the manifest and grant the file no more (`assets: []`)"
    ))
}
