//! What the image processors of transformers do where preprocessor_config.json does not say.
//! Knows classes by name and no file.

use crate::filter::Filter;
use crate::size::Size;

/// One class, or several that differ in nothing that matters here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Family {
    /// The classes' names, without `ImageProcessor`, `ImageProcessorFast` or `FeatureExtractor`.
    names: &'static [&'static str],
    /// The `model_type`s in config.json of repositories whose file names no class.
    models: &'static [&'static str],
    /// Where `size` is not written.
    pub(crate) size: Size,
    /// Whether a `size` of one number is the shorter edge; else it is both.
    pub(crate) shortest: bool,
    pub(crate) filter: Filter,
    pub(crate) center_crop: bool,
    pub(crate) crop: u32,
    pub(crate) normalize: bool,
    pub(crate) mean: [f64; 3],
    pub(crate) std: [f64; 3],
    pub(crate) flip: bool,
    pub(crate) quirk: Quirk,
}

/// Where a class reads the same words differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    None,
    /// Below 384 `size` is the crop, and the picture is resized to `size / crop_pct`; from 384 on it is warped.
    ConvNext,
    /// The picture is resized to `size / crop_pct` before the crop.
    PoolFormer,
    /// The picture is resized to `size * 256 / 224` before the crop.
    Levit,
    /// `include_top` divides by the deviation twice; `rescale_offset` subtracts 1.
    EfficientNet,
}

const HALF: [f64; 3] = [0.5; 3];
const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];
const CLIP_MEAN: [f64; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f64; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];

/// What most classes share, and what is assumed of a class that is not listed.
const VIT: Family = Family {
    names: &["ViT", "Swin"],
    models: &[
        "vit",
        "swin",
        "swinv2",
        "dinat",
        "nat",
        "ijepa",
        "swiftformer",
        "vit_mae",
        "vit_msn",
    ],
    size: square(224),
    shortest: false,
    filter: Filter::Bilinear,
    center_crop: false,
    crop: 224,
    normalize: true,
    mean: HALF,
    std: HALF,
    flip: false,
    quirk: Quirk::None,
};

const CLIP: Family = Family {
    names: &["CLIP", "Bit", "ChineseCLIP", "ViTHybrid"],
    models: &[
        "clip",
        "chinese_clip",
        "bit",
        "dinov2",
        "focalnet",
        "hiera",
        "metaclip_2",
        "mlcd",
        "vit_hybrid",
    ],
    size: short(224),
    shortest: true,
    filter: Filter::Bicubic,
    center_crop: true,
    mean: CLIP_MEAN,
    std: CLIP_STD,
    ..VIT
};

const CONVNEXT: Family = Family {
    names: &["ConvNext"],
    models: &["convnext", "convnextv2", "cvt", "regnet", "resnet", "van"],
    size: short(384),
    shortest: true,
    quirk: Quirk::ConvNext,
    ..VIT
};

const DEIT: Family = Family {
    names: &["DeiT", "Beit"],
    models: &["deit", "beit", "data2vec-vision"],
    size: square(256),
    filter: Filter::Bicubic,
    center_crop: true,
    ..VIT
};

const POOLFORMER: Family = Family {
    names: &["PoolFormer"],
    models: &["poolformer"],
    mean: IMAGENET_MEAN,
    std: IMAGENET_STD,
    quirk: Quirk::PoolFormer,
    ..CLIP
};

const FAMILIES: [Family; 14] = [
    VIT,
    CLIP,
    CONVNEXT,
    DEIT,
    POOLFORMER,
    Family {
        names: &["Levit"],
        models: &["levit"],
        quirk: Quirk::Levit,
        ..POOLFORMER
    },
    Family {
        names: &["MobileNetV1", "MobileNetV2"],
        models: &["mobilenet_v1", "mobilenet_v2"],
        size: short(256),
        shortest: true,
        center_crop: true,
        ..VIT
    },
    Family {
        names: &["MobileViT"],
        models: &["mobilevit", "mobilevitv2"],
        size: short(224),
        shortest: true,
        center_crop: true,
        crop: 256,
        normalize: false,
        flip: true,
        ..VIT
    },
    Family {
        names: &["EfficientNet"],
        models: &["efficientnet", "align"],
        size: square(346),
        filter: Filter::Nearest,
        crop: 289,
        quirk: Quirk::EfficientNet,
        ..VIT
    },
    Family {
        names: &["Pvt"],
        models: &["pvt", "pvt_v2"],
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        ..VIT
    },
    Family {
        names: &["Segformer"],
        models: &["segformer"],
        size: square(512),
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        ..VIT
    },
    Family {
        names: &["EfficientFormer"],
        models: &["efficientformer"],
        filter: Filter::Bicubic,
        center_crop: true,
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        ..VIT
    },
    Family {
        names: &["Siglip"],
        models: &["siglip"],
        filter: Filter::Bicubic,
        ..VIT
    },
    Family {
        names: &["Blip"],
        models: &["blip", "blip-2"],
        size: square(384),
        filter: Filter::Bicubic,
        mean: CLIP_MEAN,
        std: CLIP_STD,
        ..VIT
    },
];

const fn square(edge: u32) -> Size {
    Size::Exact {
        height: edge,
        width: edge,
    }
}

const fn short(edge: u32) -> Size {
    Size::Shortest {
        edge,
        longest: None,
    }
}

impl Family {
    /// The family of a class, such as `ViTImageProcessorFast`; `None` where it is not known.
    pub(crate) fn of_class(class: &str) -> Option<Self> {
        let endings = ["ImageProcessorFast", "ImageProcessor", "FeatureExtractor"];
        let name = endings
            .iter()
            .find_map(|ending| class.strip_suffix(ending))?;
        let mut families = FAMILIES.into_iter();
        families.find(|family| family.names.contains(&name))
    }

    /// The family that a model is trained with whose file names no class.
    pub(crate) fn of_model(model_type: &str) -> Option<Self> {
        let mut families = FAMILIES.into_iter();
        families.find(|family| family.models.contains(&model_type))
    }

    /// What most classes do.
    pub(crate) fn usual() -> Self {
        VIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_known_by_each_of_its_names() {
        for class in [
            "CLIPImageProcessor",
            "CLIPFeatureExtractor",
            "CLIPImageProcessorFast",
        ] {
            assert_eq!(Family::of_class(class), Some(CLIP), "{class}");
        }
        assert_eq!(Family::of_model("resnet"), Some(CONVNEXT));
        assert_eq!(Family::of_class("DonutImageProcessor"), None);
        assert_eq!(Family::of_class("CLIP"), None);
    }
}
