//! Round values and steps for an axis, and numbers as people read them.
//! Must not know what is drawn.

/// Round values from at most `low` to at least `high`, about `count` steps apart (Heckbert's nice numbers, with 2.5).
pub(super) fn nice(low: f64, high: f64, count: usize) -> Vec<f64> {
    // Values that are all alike still get an axis of some length.
    let span = (high - low).max(high.abs() * 1e-6);
    // Of numbers that are nearly nothing no step could be told from 0.
    let span = if span > 1e-290 { span } else { 1.0 };
    let raw = span / count as f64;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(10.0 * power);
    let first = (low / step + 1e-9).floor() as i64;
    let last = (high / step - 1e-9).ceil() as i64;
    (first..=last.max(first + 1))
        .map(|at| at as f64 * step)
        .collect()
}

/// Steps to label, of which 0 is one, at least `apart` steps from each other: whole weeks where a step is a day.
pub(super) fn steps(first: i64, last: i64, apart: f64, days: Option<i64>) -> Vec<i64> {
    let sizes: &[i64] = match days {
        Some(1) => &[1, 7, 14, 28, 56, 91, 182, 364],
        _ => &[1, 2, 4, 13, 26, 52, 104],
    };
    let every = sizes.iter().copied().find(|size| *size as f64 >= apart);
    let every = every.unwrap_or_else(|| (apart.ceil() as i64).max(1));
    (first..=last).filter(|at| at % every == 0).collect()
}

/// The digits after the point that tell `values` apart, at most six.
pub(super) fn digits(values: &[f64]) -> usize {
    let is_exact = |digits: usize| {
        let unit = 10f64.powi(digits as i32);
        let is_near =
            |value: &f64| ((value * unit).round() / unit - value).abs() <= value.abs() * 1e-9;
        values.iter().all(is_near)
    };
    (0..6).find(|digits| is_exact(*digits)).unwrap_or(6)
}

/// `1,240.5`, with a true minus; large ones shortened as `2.5e12`.
pub(super) fn number(value: f64, digits: usize) -> String {
    if value.abs() >= 1e12 {
        return format!("{value:e}").replace('-', "−");
    }
    let plain = format!("{:.digits$}", value.abs());
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let is_negative = value < 0.0 && plain.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let sign = if is_negative { "−" } else { "" };
    match rest {
        "" => format!("{sign}{grouped}"),
        rest => format!("{sign}{grouped}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        assert_eq!(nice(0.0, 49.0, 4), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(nice(0.0, 0.0, 4), [0.0, 0.25]);
        assert_eq!(nice(1e100, 1e100, 4).len(), 2);
        assert_eq!(nice(0.0, 5e-324, 4), [0.0, 0.25]);
        assert_eq!(nice(5e-324, 1.5e-323, 4), [0.0, 0.25]);
        assert!(nice(0.0, 1e-280, 4).len() <= 6);
        let far = nice(-3.2, 7.9, 4);
        assert!(far[0] <= -3.2 && far[far.len() - 1] >= 7.9, "{far:?}");
        assert_eq!(digits(&[0.0, 0.25, 0.5]), 2);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(number(1240.5, 1), "1,240.5");
        assert_eq!(number(-1_000_000.0, 0), "−1,000,000");
        assert_eq!(number(-0.0, 1), "0.0");
        assert_eq!(number(999.0, 0), "999");
    }

    #[test]
    fn steps_keep_their_distance_and_begin_at_the_forecast() {
        assert_eq!(steps(-30, 6, 10.0, Some(1)), [-28, -14, 0]);
        assert_eq!(steps(-3, 6, 0.5, None), [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
    }
}
