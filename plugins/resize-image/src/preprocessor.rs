//! preprocessor_config.json, as the image processors of transformers mean it.
//! Must not know this plugin's own configuration.

use crate::config::PerChannel;
use crate::family::{Family, Quirk};
use crate::filter::Filter;
use crate::size::Size;
use crate::steps::{Colours, Crop, Normalize, Resize, Steps};
use modelhost_plugin::{Error, Invalid, json, log};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The file's name, and how messages call it.
pub(crate) const FILE: &str = "preprocessor_config.json";

/// What `do_…` keys may ask for.
const DONE: [&str; 8] = [
    "do_resize",
    "do_center_crop",
    "do_rescale",
    "do_normalize",
    "do_convert_rgb",
    "do_flip_channel_order",
    // These two are about the labels of a training set.
    "do_reduce_labels",
    "do_convert_annotations",
];

/// The keys that matter here. The others are none of this plugin's.
#[derive(Debug, Deserialize)]
struct Written {
    image_processor_type: Option<String>,
    feature_extractor_type: Option<String>,
    do_resize: Option<bool>,
    size: Option<Size>,
    resample: Option<Filter>,
    crop_pct: Option<f64>,
    do_center_crop: Option<bool>,
    crop_size: Option<Size>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f64>,
    rescale_offset: Option<bool>,
    do_normalize: Option<bool>,
    image_mean: Option<PerChannel>,
    image_std: Option<PerChannel>,
    do_flip_channel_order: Option<bool>,
    include_top: Option<bool>,
}

/// The steps that the file asks for; `model_type` is config.json's, for a file that names no class.
pub(crate) fn steps(file: &[u8], model_type: Option<&str>) -> Result<Steps, Invalid> {
    let text = std::str::from_utf8(file).map_err(|error| in_file(&error.to_string()))?;
    let all: Map<String, Value> = read(text)?;
    let asked = |(key, value): &(&String, &Value)| key.starts_with("do_") && **value == true;
    if let Some((key, _)) = all
        .iter()
        .filter(asked)
        .find(|(key, _)| !DONE.contains(&key.as_str()))
    {
        return Err(in_file(&format!(
            "`{}` is a step that resize-image does not do; if the model works without it, configure the others in the manifest and grant the file no more (`assets: []`)",
            json::shorten(key)
        )));
    }
    let written: Written = read(text)?;
    let family = written.family(model_type);
    written.steps(&family)
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Invalid> {
    json::config(text).map_err(|error| match error {
        Error::Invalid(Invalid { message, field }) => {
            let field = field.unwrap_or_default();
            in_file(format!("{field} {message}").trim_start())
        }
        internal => in_file(&internal.to_string()),
    })
}

/// A fault of the file is one of the repository's, so no field of the plugin's configuration is named.
fn in_file(message: &str) -> Invalid {
    Invalid::new(format!("`{FILE}`: {message}"))
}

impl Written {
    fn family(&self, model_type: Option<&str>) -> Family {
        let class = self
            .image_processor_type
            .as_deref()
            .or(self.feature_extractor_type.as_deref());
        let Some(class) = class else {
            return model_type
                .and_then(Family::of_model)
                .unwrap_or_else(Family::usual);
        };
        Family::of_class(class).unwrap_or_else(|| {
            let class = json::shorten(class);
            log::warn(&format!(
                "`{FILE}` is for a {class}, which resize-image does not know; its keys are read as those of a ViTImageProcessor"
            ));
            Family::usual()
        })
    }

    fn steps(self, family: &Family) -> Result<Steps, Invalid> {
        let crops = self.do_center_crop.unwrap_or(family.center_crop);
        let wrong = || in_file("/crop_size must be a number or name `height` and `width`");
        let crop = match self.crop_size {
            _ if !crops => None,
            None => Some(Crop::square(family.crop)),
            Some(size) => Some(Crop::of(size).ok_or_else(wrong)?),
        };
        let (resize, crop) = match self.do_resize.unwrap_or(true) {
            true => self.resize(family, crop)?,
            false => (Resize::Keep, crop),
        };
        Ok(Steps {
            resize,
            filter: self.resample.unwrap_or(family.filter),
            crop,
            colours: self.colours(family),
            bgr: self.do_flip_channel_order.unwrap_or(family.flip),
        })
    }

    fn colours(&self, family: &Family) -> Colours {
        let efficient = family.quirk == Quirk::EfficientNet;
        let rescale = self.do_rescale.unwrap_or(true);
        let shift = efficient && rescale && self.rescale_offset == Some(true);
        let list = |written: &Option<PerChannel>, usual: [f64; 3]| {
            written
                .as_ref()
                .map_or(usual.to_vec(), |list| list.0.clone())
        };
        let std = list(&self.image_std, family.std);
        let again = efficient && self.include_top.unwrap_or(true);
        let normalize = match self.do_normalize.unwrap_or(family.normalize) {
            true => Some(Normalize {
                mean: list(&self.image_mean, family.mean),
                std,
                again,
            }),
            false => again.then(|| Normalize {
                mean: vec![0.0],
                std,
                again: false,
            }),
        };
        Colours {
            rescale: rescale.then_some(self.rescale_factor.unwrap_or(1.0 / 255.0)),
            offset: if shift { 1.0 } else { 0.0 },
            normalize,
        }
    }

    fn resize(
        &self,
        family: &Family,
        crop: Option<Crop>,
    ) -> Result<(Resize, Option<Crop>), Invalid> {
        let size = self.size.unwrap_or(family.size);
        let edge = match size {
            Size::Edge(edge) if family.shortest => Some(edge),
            Size::Shortest { edge, .. } => Some(edge),
            Size::Exact { height, width } if height == width => match family.quirk {
                Quirk::PoolFormer => Some(height),
                _ => None,
            },
            _ => None,
        };
        let share = |usual: f64| {
            let share = self.crop_pct.unwrap_or(usual);
            let right = share > 0.01 && share <= 1.0;
            let wrong = || in_file("/crop_pct must be a share, more than 0.01 and at most 1");
            right.then_some(share).ok_or_else(wrong)
        };
        // Casts cut the fraction off, as Python's int does.
        let grown = |edge: f64| Resize::Shortest {
            edge: edge as u32,
            longest: None,
        };
        Ok(match (family.quirk, edge) {
            (Quirk::ConvNext, Some(edge)) if edge < 384 => {
                let resize = grown(f64::from(edge) / share(224.0 / 256.0)?);
                (resize, Some(Crop::square(edge)))
            }
            (Quirk::ConvNext, Some(edge)) => (Resize::square(edge), None),
            (Quirk::PoolFormer, Some(edge)) => (grown(f64::from(edge) / share(0.9)?), crop),
            (Quirk::Levit, Some(edge)) => (grown(f64::from(edge) * (256.0 / 224.0)), crop),
            (_, Some(edge)) if size == Size::Edge(edge) => (grown(edge.into()), crop),
            _ => (Resize::of(size), crop),
        })
    }
}
