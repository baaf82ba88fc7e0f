//! Everything that is known before a picture comes: steps, tensor and limits, and whether they fit each other.
//! Must not know a request.

use crate::config::{Layout, OrNone, Order, PerChannel, Written};
use crate::filter::Filter;
use crate::picture::Limits;
use crate::preprocessor::{self, FILE};
use crate::steps::{Colours, Crop, Normalize, Resize, Steps};
use crate::target::{Dtype, Target};
use crate::timm;
use crate::values::Values;
use modelhost_plugin::{Assets, Invalid, Signature};

/// What a call may hand to the host, less room for what comes with it.
const MAX_TENSOR_BYTES: u64 = 31 << 20;
/// Pictures in one request, where their tensor is small enough.
const MAX_ITEMS: usize = 16;

/// The plugin's configuration, as meant.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Steps,
    pub(crate) target: Target,
    pub(crate) values: Values,
    pub(crate) limits: Limits,
    pub(crate) max_items: usize,
}

impl Plan {
    /// Joins configuration, files and signature, in this order of weight.
    pub(crate) fn check(
        written: Written,
        assets: &Assets,
        model: &Signature,
    ) -> Result<Self, Invalid> {
        written.check()?;
        let target = Target::find(&written, model)?;
        let steps = steps(&written, found(assets)?, &target)?;
        check_size(&steps, &target)?;
        check_colours(&steps, &target)?;
        let max_items = max_items(&written, &steps, &target)?;
        Ok(Self {
            values: Values::new(&steps, &target),
            steps,
            target,
            limits: Limits {
                max_pixels: written.max_pixels,
            },
            max_items,
        })
    }

    /// Whether a tensor of this many pixels can be handed over.
    pub(crate) fn fits(&self, pixels: u64) -> bool {
        pixels.saturating_mul(bytes_per_pixel(&self.target)) <= MAX_TENSOR_BYTES
    }
}

/// What the repository's files say.
fn found(assets: &Assets) -> Result<Option<Steps>, Invalid> {
    let config = assets
        .find("config.json")
        .map(timm::Config::read)
        .unwrap_or_default();
    match assets.find(FILE) {
        Some(file) => preprocessor::steps(file, config.model_type.as_deref()).map(Some),
        None => config.steps(),
    }
}

/// The files' steps, or those that the signature suggests, changed as the configuration says.
fn steps(written: &Written, found: Option<Steps>, target: &Target) -> Result<Steps, Invalid> {
    let known = found.is_some();
    let mut steps = found.unwrap_or(Steps {
        resize: Resize::Keep,
        filter: Filter::Bilinear,
        crop: None,
        colours: Colours::default(),
        bgr: false,
    });
    match (written.size, target.height, target.width) {
        (Some(OrNone::None), _, _) => (steps.resize, steps.crop) = (Resize::Keep, None),
        (Some(OrNone::Some(size)), _, _) => (steps.resize, steps.crop) = (Resize::of(size), None),
        (None, _, _) if known => {}
        (None, Some(height), Some(width)) => steps.resize = Resize::To { height, width },
        (None, _, _) => {
            return Err(Invalid::at(
                "/size",
                format!(
                    "is missing: neither the model's signature nor a `{FILE}` says how large pictures must be"
                ),
            ));
        }
    }
    match written.crop {
        Some(OrNone::None) => steps.crop = None,
        Some(OrNone::Some(size)) => {
            let crop = Crop::of(size).ok_or_else(|| {
                Invalid::at("/crop", "must be a number, { height: , width: } or `none`")
            })?;
            steps.crop = Some(crop);
        }
        None => {}
    }
    steps.filter = written.resample.unwrap_or(steps.filter);
    steps.bgr = written.order.map_or(steps.bgr, |order| order == Order::Bgr);
    colour(&mut steps.colours, written, known, target)?;
    Ok(steps)
}

fn colour(
    colours: &mut Colours,
    written: &Written,
    known: bool,
    target: &Target,
) -> Result<(), Invalid> {
    let said = written.mean.is_some() || written.std.is_some() || written.rescale.is_some();
    if target.dtype == Dtype::U8 {
        if said {
            let message = "must be left out with `rescale` and `std`: the tensor is u8, so the model reads pixels as they are";
            return Err(Invalid::at("/mean", message));
        }
        *colours = Colours::default();
        return Ok(());
    }
    if !known && !said {
        return Err(Invalid::at(
            "/mean",
            format!(
                "is missing with `std`: there is no `{FILE}` that says them; ImageNet's are [0.485, 0.456, 0.406] and [0.229, 0.224, 0.225], and 0 and 1 leave pixels between 0 and 1"
            ),
        ));
    }
    match written.rescale {
        Some(OrNone::None) => colours.rescale = None,
        Some(OrNone::Some(factor)) => colours.rescale = Some(factor),
        None if !known => colours.rescale = Some(1.0 / 255.0),
        None => {}
    }
    if written.mean.is_some() || written.std.is_some() {
        let old = colours.normalize.take();
        let (mean, std, again) = old.map_or_else(
            || (vec![0.0], vec![1.0], false),
            |old| (old.mean, old.std, old.again),
        );
        let list =
            |new: &Option<PerChannel>, old: Vec<f64>| new.as_ref().map_or(old, |new| new.0.clone());
        colours.normalize = Some(Normalize {
            mean: list(&written.mean, mean),
            std: list(&written.std, std),
            again,
        });
    }
    Ok(())
}

/// A model that fixes its input gets it from every picture, or none.
fn check_size(steps: &Steps, target: &Target) -> Result<(), Invalid> {
    let fits = |fixed: Option<u32>, made: u32| fixed.is_none_or(|fixed| fixed == made);
    let edge = |edge: Option<u32>| edge.map_or("any".to_owned(), |edge| edge.to_string());
    let wanted = format!(
        "`{}` takes pictures of {} × {} (height × width)",
        target.tensor,
        edge(target.height),
        edge(target.width)
    );
    match steps.fixed() {
        Some((height, width)) if fits(target.height, height) && fits(target.width, width) => Ok(()),
        Some((height, width)) => Err(Invalid::at(
            "/size",
            format!(
                "makes pictures of {height} × {width}, but {wanted}; set `size`, and `crop` if one is needed"
            ),
        )),
        None if target.height.is_none() && target.width.is_none() => Ok(()),
        None => Err(Invalid::at(
            "/size",
            format!(
                "keeps each picture's shape, but {wanted}; set `crop` too, or a `size` of height and width"
            ),
        )),
    }
}

fn check_colours(steps: &Steps, target: &Target) -> Result<(), Invalid> {
    let Some(Normalize { mean, std, .. }) = &steps.colours.normalize else {
        return Ok(());
    };
    for (field, list) in [("/mean", mean), ("/std", std)] {
        let same = list.windows(2).all(|pair| pair[0] == pair[1]);
        if list.len() != target.channels as usize && (list.is_empty() || !same) {
            return Err(Invalid::at(
                field,
                format!(
                    "has {} numbers; `{}` has {} channels",
                    list.len(),
                    target.tensor,
                    target.channels
                ),
            ));
        }
        if list
            .iter()
            .any(|number| !number.is_finite() || number.abs() > 1e9)
        {
            return Err(Invalid::at(field, "must be numbers from -1e9 to 1e9"));
        }
    }
    if std.iter().any(|number| number.abs() < 1e-9) {
        return Err(Invalid::at(
            "/std",
            "must not be 0: colours are divided by it",
        ));
    }
    Ok(())
}

fn max_items(written: &Written, steps: &Steps, target: &Target) -> Result<usize, Invalid> {
    let pixels = steps
        .fixed()
        .map(|(height, width)| u64::from(height) * u64::from(width));
    let each = pixels
        .unwrap_or(1)
        .saturating_mul(bytes_per_pixel(target))
        .max(1);
    let fit = usize::try_from(MAX_TENSOR_BYTES / each).unwrap_or(usize::MAX);
    if fit == 0 {
        return Err(Invalid::at(
            "/size",
            "makes a tensor of more than 31 MiB from one picture, which no plugin may hand over",
        ));
    }
    let most = target.batch.map_or(fit, |batch| fit.min(batch as usize));
    match written.max_items {
        Some(items) if items > most => Err(Invalid::at(
            "/max_items",
            format!(
                "is {items}, but `{}` takes at most {most} such pictures at once",
                target.tensor
            ),
        )),
        Some(items) => Ok(items),
        None => Ok(MAX_ITEMS.min(most)),
    }
}

fn bytes_per_pixel(target: &Target) -> u64 {
    u64::from(target.channels) * target.dtype.bytes()
}

impl Layout {
    /// The tensor's shape.
    pub(crate) fn shape(self, items: u32, channels: u32, height: u32, width: u32) -> [u32; 4] {
        match self {
            Self::Nchw => [items, channels, height, width],
            Self::Nhwc => [items, height, width, channels],
        }
    }
}
