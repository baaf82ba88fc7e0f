//! The marks and axes of a forecast as SVG; the only file that names plotters.
//! Must not know pixels.

use super::Error;
use super::forecast::Forecast;
use super::ticks::{digits, nice, number, steps};
use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, RGBColor, ShapeStyle, TextStyle};

/// Twice the pixels of the page's chart: plotters places marks on whole ones.
const WIDE: u32 = 1440;
const HIGH: u32 = 760;
const MOST_HISTORY: usize = 56;
const LONGEST_TITLE: usize = 76;
/// plotters writes sizes of fonts divided by this.
const POINTS: f64 = 1.24;
const WORDS: f64 = 26.0 * POINTS;
const HEADING: f64 = 36.0 * POINTS;

// The page's colours by day.
const GROUND: RGBColor = RGBColor(0xff, 0xff, 0xff);
const INK: RGBColor = RGBColor(0x16, 0x19, 0x1c);
const SOFT: RGBColor = RGBColor(0x59, 0x61, 0x6a);
const LINE: RGBColor = RGBColor(0xe1, 0xe3, 0xe5);
const EDGE: RGBColor = RGBColor(0x8a, 0x92, 0x9a);
const ACCENT: RGBColor = RGBColor(0x0b, 0x66, 0x6e);
const HISTORY: RGBColor = RGBColor(0x6a, 0x72, 0x7b);
const BAND: f64 = 0.17;

/// `forecast` as an SVG document with a title of its own, for who cannot see it.
pub(super) fn draw(forecast: &Forecast) -> Result<String, Error> {
    let mut svg = String::new();
    marks(forecast, &mut svg).map_err(|error| Error::Drawing(error.to_string()))?;
    let about = format!("{}. {}", forecast.title, below_title(forecast));
    let named = format!(" role=\"img\" aria-label=\"{}\">", escaped(&about));
    Ok(svg.replacen('>', &named, 1))
}

fn marks(forecast: &Forecast, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (WIDE, HIGH)).into_drawing_area();
    root.fill(&GROUND)?;
    let title = words(&INK, HEADING, HPos::Left, VPos::Top);
    root.draw(&Text::new(clean(&forecast.title), (40, 32), title))?;
    let under = words(&SOFT, WORDS, HPos::Left, VPos::Top);
    root.draw(&Text::new(below_title(forecast), (40, 88), under))?;

    let frame = Frame::of(forecast);
    let (first, last) = (frame.first, frame.last);
    let longest = frame
        .ticks
        .iter()
        .map(|tick| frame.label(*tick).chars().count())
        .max();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(172)
        .margin_left(24)
        .margin_right(170)
        .margin_bottom(24)
        .x_label_area_size(64)
        .y_label_area_size(24 + 15 * longest.unwrap_or(1) as u32)
        .build_cartesian_2d(
            first as f64 - 0.5..last as f64 + 0.5,
            frame.low()..frame.high(),
        )?;
    let ends = [first as f64 - 0.5, last as f64 + 0.5];
    for tick in &frame.ticks {
        let color = if *tick == frame.low() { EDGE } else { LINE };
        let line = ends.map(|x| (x, *tick)).to_vec();
        let style = ShapeStyle::from(&color).stroke_width(2);
        chart.draw_series([PathElement::new(line, style)])?;
        let (x, y) = chart.backend_coord(&(ends[0], *tick));
        let style = words(&SOFT, WORDS, HPos::Right, VPos::Center);
        root.draw(&Text::new(frame.label(*tick), (x - 16, y), style))?;
    }
    for at in frame.days(forecast) {
        let (x, y) = chart.backend_coord(&(at as f64, frame.low()));
        let style = ShapeStyle::from(&EDGE).stroke_width(2);
        root.draw(&PathElement::new([(x, y), (x, y + 10)], style))?;
        let color = if at == 0 { &ACCENT } else { &SOFT };
        let style = words(color, WORDS, HPos::Center, VPos::Top);
        root.draw(&Text::new(frame.day(forecast, at), (x, y + 20), style))?;
    }

    for band in &forecast.bands {
        let upper = band.high.iter().enumerate();
        let lower = band.low.iter().enumerate().rev();
        let ring = upper.chain(lower).map(|(at, value)| (at as f64, *value));
        let ring = widened(ring.collect(), forecast.line.len());
        chart.draw_series([Polygon::new(ring, ACCENT.mix(BAND).filled())])?;
    }
    let seam = vec![(-0.5, frame.low()), (-0.5, frame.high())];
    chart.draw_series([PathElement::new(
        seam,
        ShapeStyle::from(&EDGE).stroke_width(2),
    )])?;
    for piece in pieces(&forecast.history, first) {
        let style = ShapeStyle::from(&HISTORY).stroke_width(3);
        match piece.as_slice() {
            [alone] => chart.draw_series([Circle::new(*alone, 3, HISTORY.filled())])?,
            _ => chart.draw_series([PathElement::new(piece, style)])?,
        };
    }
    let line: Vec<(f64, f64)> = (0..)
        .map(f64::from)
        .zip(forecast.line.iter().copied())
        .collect();
    let style = ShapeStyle::from(&ACCENT).stroke_width(4);
    chart.draw_series([PathElement::new(line.clone(), style)])?;
    chart.draw_series(line.iter().map(|at| Circle::new(*at, 6, ACCENT.filled())))?;

    let right = chart.plotting_area().get_x_axis_pixel_range().end;
    let (top, bottom) = {
        let range = chart.plotting_area().get_y_axis_pixel_range();
        (range.start, range.end)
    };
    let seam = chart.backend_coord(&(-0.5, frame.high())).0;
    for (text, x, side, color) in [
        ("observed", seam - 16, HPos::Right, SOFT),
        ("forecast", seam + 16, HPos::Left, ACCENT),
    ] {
        let style = words(&color, WORDS, side, VPos::Bottom);
        root.draw(&Text::new(text, (x, top - 6), style))?;
    }
    let mut ends = vec![(
        forecast.line_name.to_owned(),
        forecast.line[forecast.line.len() - 1],
    )];
    for band in &forecast.bands {
        ends.push((percent(band.share), band.high[band.high.len() - 1]));
    }
    let place = |value: f64| chart.backend_coord(&(0.0, value)).1;
    let mut ends: Vec<(String, i32)> = ends
        .into_iter()
        .map(|(text, value)| (text, place(value)))
        .collect();
    spread(&mut ends, 32, top, bottom - 12);
    for (text, y) in ends {
        let style = words(&ACCENT, WORDS, HPos::Left, VPos::Center);
        root.draw(&Text::new(text, (right + 16, y), style))?;
    }
    root.present()?;
    Ok(())
}

/// Where the axes begin and end, and what is written along them.
struct Frame {
    first: i64,
    last: i64,
    ticks: Vec<f64>,
    digits: usize,
}

impl Frame {
    fn of(forecast: &Forecast) -> Frame {
        let steps = forecast.line.len();
        let shown = forecast.history.len().min(MOST_HISTORY.max(2 * steps));
        let first = -(shown as i64);
        let past = forecast.history.iter().rev().take(shown).flatten();
        let ends = forecast
            .bands
            .iter()
            .flat_map(|band| band.low.iter().chain(&band.high));
        let values: Vec<f64> = past.chain(&forecast.line).chain(ends).copied().collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Quantities begin at nothing; what hardly moves, a price say, would be a line without a shape there.
        let low = if low > 0.6 * high { low } else { low.min(0.0) };
        let ticks = nice(low, high, 4);
        Frame {
            first,
            last: steps as i64 - 1,
            digits: digits(&ticks),
            ticks,
        }
    }

    fn low(&self) -> f64 {
        self.ticks[0]
    }

    fn high(&self) -> f64 {
        self.ticks[self.ticks.len() - 1]
    }

    fn label(&self, value: f64) -> String {
        number(value, self.digits)
    }

    /// The steps that are named on the axis, as wide apart as their names need.
    fn days(&self, forecast: &Forecast) -> Vec<i64> {
        let per_step = 1150.0 / (self.last - self.first + 1) as f64;
        let days = forecast.calendar.map(|calendar| calendar.days());
        steps(self.first, self.last, 150.0 / per_step, days)
    }

    fn day(&self, forecast: &Forecast, at: i64) -> String {
        match forecast.calendar {
            Some(calendar) => {
                let turns = at == 0 || !calendar.share_a_year(at, 0);
                calendar.name(at, turns)
            }
            None if at >= 0 => format!("+{}", at + 1),
            None => format!("−{}", -(at + 1)).replace("−0", "0"),
        }
    }
}

/// The unit, the days that are forecast, and what the bands are.
fn below_title(forecast: &Forecast) -> String {
    let steps = forecast.line.len() as i64;
    let days = match forecast.calendar {
        Some(calendar) if steps > 1 => {
            let one_year = calendar.share_a_year(0, steps - 1);
            let from = calendar.name(0, !one_year);
            format!("forecast from {from} to {}", calendar.name(steps - 1, true))
        }
        Some(calendar) => format!("forecast for {}", calendar.name(0, true)),
        None if steps == 1 => "forecast of the next step".to_owned(),
        None => format!("forecast of the next {steps} steps"),
    };
    let shares: Vec<String> = forecast
        .bands
        .iter()
        .rev()
        .map(|band| percent(band.share))
        .collect();
    let bands = match shares.as_slice() {
        [] => None,
        [one] => Some(format!("{one} interval")),
        [most @ .., last] => Some(format!("{} and {last} intervals", most.join(", "))),
    };
    let unit = forecast.unit.as_deref().map(clean);
    let parts: Vec<String> = [unit, Some(days), bands].into_iter().flatten().collect();
    let mut text = parts.join(", ");
    if let Some(initial) = text.get(..1) {
        let initial = initial.to_uppercase();
        text.replace_range(..1, &initial);
    }
    text
}

fn percent(share: f64) -> String {
    let share = share * 100.0;
    format!(
        "{} %",
        number(share, usize::from(share.fract().abs() > 1e-6))
    )
}

fn words(color: &RGBColor, size: f64, x: HPos, y: VPos) -> TextStyle<'_> {
    TextStyle::from(("sans-serif", size).into_font())
        .color(color)
        .pos(Pos::new(x, y))
}

/// Without what XML cannot hold, and no longer than fits.
fn clean(text: &str) -> String {
    let mut kept: Vec<char> = text.chars().filter(|one| !one.is_control()).collect();
    if kept.len() > LONGEST_TITLE {
        kept.truncate(LONGEST_TITLE - 1);
        kept.push('…');
    }
    kept.into_iter().collect()
}

fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|one| !one.is_control()).collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// The observed values without the gaps, as lines.
fn pieces(history: &[Option<f64>], first: i64) -> Vec<Vec<(f64, f64)>> {
    let skipped = history.len() - first.unsigned_abs() as usize;
    let mut pieces = vec![Vec::new()];
    for (at, value) in (first..).zip(&history[skipped..]) {
        match value {
            Some(value) => pieces
                .last_mut()
                .expect("one is begun")
                .push((at as f64, *value)),
            None => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// One step has no width of its own.
fn widened(ring: Vec<(f64, f64)>, steps: usize) -> Vec<(f64, f64)> {
    match (steps, ring.as_slice()) {
        (1, [(_, high), (_, low)]) => {
            vec![(-0.25, *high), (0.25, *high), (0.25, *low), (-0.25, *low)]
        }
        _ => ring,
    }
}

/// Moves names apart to `gap` pixels between `top` and `bottom`, in the order of their places.
fn spread(names: &mut [(String, i32)], gap: i32, top: i32, bottom: i32) {
    names.sort_by_key(|(_, y)| *y);
    let mut floor = top;
    for (_, y) in names.iter_mut() {
        *y = (*y).max(floor);
        floor = *y + gap;
    }
    let mut roof = bottom;
    for (_, y) in names.iter_mut().rev() {
        *y = (*y).min(roof);
        roof = *y - gap;
    }
}
