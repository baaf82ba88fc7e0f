//! A forecast as a chart, made in memory: SVG, or the same as PNG.
//! Must not know HTTP, plugins or models.

mod calendar;
mod forecast;
mod png;
mod svg;
mod ticks;

pub use forecast::{Band, Forecast};

/// How a chart is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `image/svg+xml`: sharp at every size, its words are text.
    Svg,
    /// `image/png`, 1440 × 760 pixels.
    Png,
}

impl Format {
    /// Both, under the names that a request gives them.
    pub const ALL: [Format; 2] = [Format::Svg, Format::Png];

    /// What a request calls it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Svg => "image/svg+xml",
            Format::Png => "image/png",
        }
    }
}

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The drawing library refused.
    #[error("the chart cannot be drawn: {0}")]
    Drawing(String),
    /// The drawing is there and its pixels are not.
    #[error("the chart cannot be turned into PNG: {0}")]
    Pixels(String),
}

/// `forecast` under its title, on white.
pub fn draw(forecast: &Forecast, format: Format) -> Result<Vec<u8>, Error> {
    let drawn = svg::draw(forecast)?;
    match format {
        Format::Svg => Ok(drawn.into_bytes()),
        Format::Png => png::of(&drawn),
    }
}
