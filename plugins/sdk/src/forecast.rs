//! What a preprocess stage tells a postprocess stage about a forecast, as JSON in the context.
//! Knows neither stage: any plugin that writes this works with any that reads it.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// One request: how far to answer, and what each row of the batch was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Steps that the caller asked for; the model may answer more.
    pub horizon: usize,
    /// One entry a row of the batch, in its order.
    pub items: Vec<Item>,
}

/// One row of the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The caller's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The model's answer times this is in the caller's units. Finite and positive.
    pub scale: f64,
    /// The date of each forecast step, `horizon` of them; none where the caller gave no start.
    pub dates: Option<Vec<String>>,
}

impl Forecast {
    /// For [`Prepared::context`](crate::Prepared).
    pub fn to_context(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and finite numbers are always JSON")
    }

    /// From the `context` of a postprocess stage.
    pub fn from_context(context: &[u8]) -> Result<Self> {
        let broken = |why: String| {
            Error::internal(format!(
                "the context is not that of a forecast ({why}); use a preprocess plugin that writes one, such as window-series"
            ))
        };
        let forecast: Self =
            serde_json::from_slice(context).map_err(|error| broken(error.to_string()))?;
        for item in &forecast.items {
            if !(item.scale.is_finite() && item.scale > 0.0) {
                return Err(broken(format!("scale {}", item.scale)));
            }
            if item
                .dates
                .as_ref()
                .is_some_and(|dates| dates.len() != forecast.horizon)
            {
                return Err(broken("a date for each step is needed".into()));
            }
        }
        Ok(forecast)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let dates = Some(vec!["2017-11-01".to_owned()]);
        let item = Item {
            item: Some("COFFEE".into()),
            scale: 0.1,
            dates,
        };
        let bare = Item {
            item: None,
            scale: 1.0,
            dates: None,
        };
        let forecast = Forecast {
            horizon: 1,
            items: vec![item, bare],
        };
        assert_eq!(Forecast::from_context(&forecast.to_context()), Ok(forecast));
    }

    #[test]
    fn another_plugins_context_is_refused_with_what_to_do() {
        for context in [
            "",
            "{}",
            r#"{"horizon":1,"items":[{"scale":0,"dates":null}]}"#,
        ] {
            let error = Forecast::from_context(context.as_bytes()).expect_err("not a forecast");
            assert!(error.to_string().contains("window-series"), "{error}");
        }
    }
}
