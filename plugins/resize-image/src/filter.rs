//! The resampling filters, by Pillow's names and numbers, and the curve of each.
//! Knows no picture.

use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use std::f64::consts::PI;
use std::fmt;

/// How the pixels of a resized picture are made from those of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Nearest,
    Lanczos,
    Bilinear,
    Bicubic,
    Box,
    Hamming,
}

/// In the order of Pillow's numbers.
const NAMES: [(&str, Filter); 6] = [
    ("nearest", Filter::Nearest),
    ("lanczos", Filter::Lanczos),
    ("bilinear", Filter::Bilinear),
    ("bicubic", Filter::Bicubic),
    ("box", Filter::Box),
    ("hamming", Filter::Hamming),
];

impl Filter {
    /// The filter called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, filter)| *filter)
    }

    /// How far the curve reaches to either side, in pixels of the smaller of the two pictures.
    pub(crate) fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The curve's height at the distance `x`.
    pub(crate) fn at(self, x: f64) -> f64 {
        match self {
            Self::Nearest | Self::Box => f64::from(x > -0.5 && x <= 0.5),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Hamming => hamming(x.abs()),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

fn hamming(x: f64) -> f64 {
    match x {
        0.0 => 1.0,
        1.0.. => 0.0,
        // Pillow has these two constants in 32 bits.
        _ => sinc(x) * (f64::from(0.54_f32) + f64::from(0.46_f32) * (x * PI).cos()),
    }
}

/// Keys' cubic with Pillow's constant.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    (x * PI).sin() / (x * PI)
}

// By name or by Pillow's number, which is what preprocessor_config.json has.
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Filter;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`nearest`, `lanczos`, `bilinear`, `bicubic`, `box`, `hamming` or its number in Pillow, 0 to 5")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Filter, E> {
                Filter::named(name).ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Filter, E> {
                let known = usize::try_from(number).ok().and_then(|i| NAMES.get(i));
                let filter = known.map(|(_, filter)| *filter);
                filter.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use modelhost_plugin::json;

    #[test]
    fn a_filter_is_read_by_name_and_by_pillows_number() {
        assert_eq!(json::config("3"), Ok(Filter::Bicubic));
        assert_eq!(json::config(r#""hamming""#), Ok(Filter::Hamming));
        let wrong = json::config::<Filter>("6").expect_err("no such filter");
        assert!(wrong.to_string().contains("0 to 5"), "{wrong}");
        assert!(json::config::<Filter>(r#""cubic""#).is_err());
    }

    #[test]
    fn every_curve_is_1_in_the_middle_and_0_beyond_its_support() {
        for (name, filter) in NAMES {
            assert_eq!(filter.at(0.0), 1.0, "{name}");
            assert_eq!(filter.at(filter.support() + 0.01), 0.0, "{name}");
            assert_eq!(filter.at(-filter.support() - 0.01), 0.0, "{name}");
        }
    }
}
