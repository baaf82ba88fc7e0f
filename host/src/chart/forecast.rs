//! A forecast as it is drawn: what was observed, what is expected, between what it lies, and when.
//! Must not know how it is drawn.

use super::calendar::Calendar;
use serde_json::Value;

/// Beyond it an axis has no room for the difference of two values.
const LARGEST: f64 = 1e100;

/// One series and its forecast. Steps count from the first of the forecast, which is step 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// What it is a forecast of.
    pub title: String,
    /// What is counted.
    pub unit: Option<String>,
    /// Observed values, the last at step −1; `None` is a gap. One or more.
    pub history: Vec<Option<f64>>,
    /// The median, or the mean where there is none. One or more.
    pub line: Vec<f64>,
    /// Which of them it is.
    pub line_name: &'static str,
    /// Central intervals, the widest first.
    pub bands: Vec<Band>,
    pub(super) calendar: Option<Calendar>,
}

/// A central interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// How much of the probability lies inside, 0 to 1.
    pub share: f64,
    /// Its lower end at each step.
    pub low: Vec<f64>,
    /// Its upper end at each step.
    pub high: Vec<f64>,
}

impl Forecast {
    /// Reads one of a request's `inputs` (`series`, `frequency`) and the output for it (`quantiles`, `mean`, `dates`);
    /// `None` where they are no forecast.
    pub fn read(
        title: &str,
        unit: Option<&str>,
        input: &Value,
        output: &Value,
    ) -> Option<Forecast> {
        let series = input.get("series")?.as_array()?;
        let history: Vec<Option<f64>> = series.iter().map(Value::as_f64).collect();
        let quantiles = output.get("quantiles")?.as_object()?;
        let mut levels: Vec<(f64, Vec<f64>)> = quantiles
            .iter()
            .map(|(level, values)| Some((level.parse().ok()?, numbers(values)?)))
            .collect::<Option<_>>()?;
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let median = levels.iter().find(|(level, _)| is_near(*level, 0.5));
        let mean = output.get("mean").and_then(numbers);
        let (line, line_name) = match (median, mean) {
            (Some((_, values)), _) => (values.clone(), "median"),
            (None, Some(mean)) => (mean, "mean"),
            (None, None) => return None,
        };
        let fits = |values: &[f64]| values.len() == line.len();
        let drawable = |value: &f64| value.abs() <= LARGEST;
        let is_drawn = history.iter().flatten().all(drawable) && line.iter().all(drawable);
        let is_whole = levels
            .iter()
            .all(|(_, values)| fits(values) && values.iter().all(drawable));
        if history.is_empty() || line.is_empty() || !is_drawn || !is_whole {
            return None;
        }
        let item = output.get("item").and_then(Value::as_str);
        Some(Forecast {
            title: item.map_or_else(|| title.to_owned(), |item| format!("{title}: {item}")),
            unit: unit.map(str::to_owned),
            calendar: calendar(input, output),
            history,
            line_name,
            bands: bands(&levels),
            line,
        })
    }
}

/// Each level below one half with the one that lies as far above.
fn bands(levels: &[(f64, Vec<f64>)]) -> Vec<Band> {
    let lower = levels.iter().filter(|(level, _)| *level < 0.5 - 1e-9);
    lower
        .filter_map(|(level, low)| {
            let upper = levels
                .iter()
                .find(|(other, _)| is_near(*other, 1.0 - level));
            upper.map(|(_, high)| Band {
                share: 1.0 - 2.0 * level,
                low: low.clone(),
                high: high.clone(),
            })
        })
        .collect()
}

fn calendar(input: &Value, output: &Value) -> Option<Calendar> {
    let dates = output.get("dates")?.as_array()?;
    let date = |at: usize| dates.get(at).and_then(Value::as_str);
    let is_weekly = input.get("frequency").and_then(Value::as_str) == Some("W");
    Calendar::of(date(0)?, date(1), if is_weekly { 7 } else { 1 })
}

fn numbers(values: &Value) -> Option<Vec<f64>> {
    values.as_array()?.iter().map(Value::as_f64).collect()
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn intervals_are_nested_and_the_median_is_the_line() {
        let output = json!({"item": "COFFEE", "dates": ["2017-11-06", "2017-11-07"], "mean": [2, 2],
            "quantiles": {"0.1": [1, 1], "0.25": [1.5, 1.5], "0.5": [2, 3], "0.75": [3, 4], "0.9": [4, 5], "0.99": [9, 9]}});
        let input = json!({"series": [1, null, 3]});
        let forecast = Forecast::read("Demand", Some("units"), &input, &output).expect("it is one");
        assert_eq!(forecast.title, "Demand: COFFEE");
        assert_eq!(forecast.history, [Some(1.0), None, Some(3.0)]);
        assert_eq!(
            (forecast.line.as_slice(), forecast.line_name),
            ([2.0, 3.0].as_slice(), "median")
        );
        let shares: Vec<f64> = forecast
            .bands
            .iter()
            .map(|band| (band.share * 100.0).round())
            .collect();
        assert_eq!(shares, [80.0, 50.0]);
        assert_eq!(forecast.bands[0].high, [4.0, 5.0]);
    }

    #[test]
    fn what_is_no_forecast_is_none() {
        let input = json!({"series": [1, 2]});
        for output in [
            json!([0.1, 0.9]),
            json!({"quantiles": {"0.9": [1]}}),
            json!({"quantiles": {"0.5": [1, 2], "0.9": [1]}}),
            json!({"quantiles": {"0.5": []}}),
        ] {
            assert_eq!(Forecast::read("", None, &input, &output), None, "{output}");
        }
    }
}
