//! The configuration, and the one parameter of a request: which quantiles to answer.
//! Knows no tensors.

use modelhost_plugin::{Invalid, Result, json};
use serde::Deserialize;

/// More than anyone draws, and few enough that an answer stays small.
pub(crate) const MAX_QUANTILES: usize = 100;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    tensor: String,
    levels: Vec<f64>,
    quantiles: Vec<f64>,
    minimum: Option<f64>,
    round: Option<u32>,
}

/// What the manifest means.
#[derive(Debug)]
pub(crate) struct Config {
    /// The model's output, `[batch, horizon, levels]`.
    pub(crate) tensor: String,
    /// What the last axis holds; ascending.
    pub(crate) levels: Vec<f64>,
    /// Answered when the request names none; ascending.
    pub(crate) quantiles: Vec<f64>,
    /// No answer is less than this.
    pub(crate) minimum: Option<f64>,
    /// Digits after the point.
    pub(crate) round: Option<u32>,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written) -> std::result::Result<Self, Invalid> {
        let Written {
            tensor,
            levels,
            quantiles,
            minimum,
            round,
        } = written;
        if tensor.is_empty() {
            return Err(Invalid::at(
                "/tensor",
                "is empty; name an output of the model",
            ));
        }
        if levels.is_empty() || levels.len() > MAX_QUANTILES {
            return Err(Invalid::at(
                "/levels",
                format!("has {} levels; it needs 1 to {MAX_QUANTILES}", levels.len()),
            ));
        }
        for (i, level) in levels.iter().enumerate() {
            let wrong = |message: String| Err(Invalid::at(format!("/levels/{i}"), message));
            if !(*level > 0.0 && *level < 1.0) {
                return wrong(format!("must be between 0 and 1, not {level}"));
            }
            if i > 0 && levels[i - 1] >= *level {
                return wrong(format!(
                    "must be more than {}: levels ascend",
                    levels[i - 1]
                ));
            }
        }
        if round.is_some_and(|digits| digits > 12) {
            return Err(Invalid::at("/round", "must be between 0 and 12 digits"));
        }
        if minimum.is_some_and(|least| least.abs() > 1e12) {
            return Err(Invalid::at("/minimum", "must be between -1e12 and 1e12"));
        }
        let config = Self {
            tensor,
            levels,
            quantiles: Vec::new(),
            minimum,
            round,
        };
        let quantiles = config.ascending(&quantiles, "/quantiles")?;
        Ok(Self {
            quantiles,
            ..config
        })
    }

    /// The least and the greatest quantile that can be answered.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.levels[0], self.levels[self.levels.len() - 1])
    }

    fn ascending(&self, quantiles: &[f64], field: &str) -> std::result::Result<Vec<f64>, Invalid> {
        let wrong = |message: String| Err(Invalid::at(field, message));
        let (first, last) = self.range();
        if quantiles.is_empty() || quantiles.len() > MAX_QUANTILES {
            return wrong(format!(
                "has {} quantiles; ask for 1 to {MAX_QUANTILES}",
                quantiles.len()
            ));
        }
        if let Some(outside) = quantiles
            .iter()
            .find(|quantile| !(first..=last).contains(*quantile))
        {
            return wrong(format!(
                "{outside} is outside what the model has learned; ask for quantiles from {first} to {last}"
            ));
        }
        let mut ascending = quantiles.to_vec();
        ascending.sort_by(f64::total_cmp);
        if let Some(twice) = ascending.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(format!("{} is there twice", twice[0]));
        }
        Ok(ascending)
    }
}

// Not strict: the preprocess stage has parameters of its own, and the host refuses what neither knows.
#[derive(Debug, Deserialize)]
struct Parameters {
    quantiles: Option<Vec<f64>>,
}

/// The quantiles that the request names, or those of the configuration; ascending.
pub(crate) fn asked(parameters: &str, config: &Config) -> Result<Vec<f64>> {
    let parameters: Option<Parameters> = json::parameters(parameters)?;
    match parameters.and_then(|parameters| parameters.quantiles) {
        Some(quantiles) => Ok(config.ascending(&quantiles, "/parameters/quantiles")?),
        None => Ok(config.quantiles.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(change: impl FnOnce(&mut Value)) -> std::result::Result<Config, String> {
        let mut value = json!({
            "tensor": "quantiles", "levels": [0.1, 0.5, 0.9], "quantiles": [0.9, 0.5],
        });
        change(&mut value);
        let written = json::config(&value.to_string()).map_err(|error| error.to_string())?;
        Config::check(written).map_err(|error| error.to_string())
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        check(change).expect_err("must be refused")
    }

    #[test]
    fn quantiles_are_answered_in_ascending_order_however_they_are_named() {
        let config = check(|_| ()).expect("right");
        assert_eq!(config.quantiles, [0.5, 0.9]);
        assert_eq!(
            asked(r#"{"quantiles": [0.9, 0.1], "horizon": 3}"#, &config),
            Ok(vec![0.1, 0.9])
        );
        assert_eq!(asked("{}", &config), Ok(vec![0.5, 0.9]));
        assert_eq!(asked("null", &config), Ok(vec![0.5, 0.9]));
    }

    #[test]
    fn a_quantile_outside_the_levels_is_refused_with_the_range() {
        let config = check(|_| ()).expect("right");
        let refusal = |text| {
            asked(text, &config)
                .expect_err("must be refused")
                .to_string()
        };
        assert_eq!(
            refusal(r#"{"quantiles": [0.5, 0.95]}"#),
            "/parameters/quantiles: 0.95 is outside what the model has learned; ask for quantiles from 0.1 to 0.9"
        );
        assert_eq!(
            refusal(r#"{"quantiles": []}"#),
            "/parameters/quantiles: has 0 quantiles; ask for 1 to 100"
        );
        assert_eq!(
            refusal(r#"{"quantiles": [0.5, 0.5]}"#),
            "/parameters/quantiles: 0.5 is there twice"
        );
        assert_eq!(
            refusal(r#"{"quantiles": [0.5, "0.9"]}"#),
            "/parameters/quantiles/1: must be a number, not string \"0.9\""
        );
        assert_eq!(
            refusal(r#"{"quantiles": [1e400]}"#),
            "/parameters/quantiles/0: is too large to be a number"
        );
    }

    #[test]
    fn a_wrong_configuration_names_the_field_and_the_fix() {
        assert_eq!(
            refusal(|c| c["levels"] = json!([0.5, 0.1])),
            "/levels/1: must be more than 0.5: levels ascend"
        );
        assert_eq!(
            refusal(|c| c["levels"] = json!([1.5])),
            "/levels/0: must be between 0 and 1, not 1.5"
        );
        assert_eq!(
            refusal(|c| c["levels"] = json!([])),
            "/levels: has 0 levels; it needs 1 to 100"
        );
        assert_eq!(
            refusal(|c| c["quantiles"] = json!([0.05])),
            "/quantiles: 0.05 is outside what the model has learned; ask for quantiles from 0.1 to 0.9"
        );
        assert_eq!(
            refusal(|c| c["round"] = json!(40)),
            "/round: must be between 0 and 12 digits"
        );
        assert!(refusal(|c| c["level"] = json!(1)).starts_with("/level: is not a known field"));
        assert_eq!(
            refusal(|c| drop(c.as_object_mut().expect("an object").remove("levels"))),
            "/levels: is missing"
        );
    }
}
