//! From the model's output to the answer: unscaled, clamped, rounded, one object an item.
//! Reads no JSON; what was asked for is checked already.

use crate::config::Config;
use crate::quantile::QuantileFunction;
use modelhost_plugin::forecast::{Forecast, Item};
use modelhost_plugin::{Error, Result, Tensors, View};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// The response's `outputs`.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Forecasts<'a>(Vec<ItemForecast<'a>>);

#[derive(Debug, serde::Serialize)]
struct ItemForecast<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    dates: Option<&'a [String]>,
    mean: Vec<f64>,
    quantiles: Quantiles,
}

/// Each quantile with its value a step, in ascending order.
#[derive(Debug)]
struct Quantiles(Vec<(f64, Vec<f64>)>);

// By hand, because the keys are numbers in an order of their own.
impl Serialize for Quantiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (quantile, values) in &self.0 {
            map.serialize_entry(&quantile.to_string(), values)?;
        }
        map.end()
    }
}

impl<'a> Forecasts<'a> {
    /// The answer for every row of the batch.
    pub(crate) fn new(
        config: &Config,
        quantiles: &[f64],
        forecast: &'a Forecast,
        outputs: &Tensors,
    ) -> Result<Self> {
        let output = outputs.view::<f32>(&config.tensor, 3)?;
        let wanted = [forecast.items.len(), forecast.horizon, config.levels.len()];
        let [items, horizon, levels] = [0, 1, 2].map(|axis| output.shape[axis] as usize);
        if items != wanted[0] || horizon < wanted[1] || levels != wanted[2] {
            return Err(Error::internal(format!(
                "tensor `{}` has the shape {:?}; it must be [{}, at least {}, {}]: items, horizon, levels",
                config.tensor, output.shape, wanted[0], wanted[1], wanted[2]
            )));
        }
        let rows = forecast.items.iter().enumerate().map(|(i, item)| {
            let row = output.row(i).expect("the batch axis was checked");
            ItemForecast::new(config, quantiles, forecast.horizon, item, row)
                .map_err(|why| Error::internal(format!("the model's answer to item {i}: {why}")))
        });
        Ok(Self(rows.collect::<Result<_>>()?))
    }
}

impl<'a> ItemForecast<'a> {
    fn new(
        config: &Config,
        quantiles: &[f64],
        horizon: usize,
        item: &'a Item,
        row: View<'_, f32>,
    ) -> std::result::Result<Self, String> {
        let mut mean = Vec::with_capacity(horizon);
        let mut answered: Vec<(f64, Vec<f64>)> = quantiles
            .iter()
            .map(|quantile| (*quantile, Vec::with_capacity(horizon)))
            .collect();
        for step in 0..horizon {
            let levels = row.row(step).expect("the horizon was checked").data;
            if let Some(odd) = levels.iter().find(|level| !level.is_finite()) {
                return Err(format!("{odd} at step {step}, which is no number"));
            }
            let values = levels
                .iter()
                .map(|level| unscaled(f64::from(*level), item.scale, config));
            let function = QuantileFunction::new(&config.levels, values.collect());
            mean.push(rounded(function.mean(), config));
            for (quantile, values) in &mut answered {
                values.push(rounded(function.at(*quantile), config));
            }
        }
        Ok(Self {
            item: item.item.as_deref(),
            dates: item.dates.as_deref(),
            mean,
            quantiles: Quantiles(answered),
        })
    }
}

fn unscaled(level: f64, scale: f64, config: &Config) -> f64 {
    config
        .minimum
        .map_or(level * scale, |least| (level * scale).max(least))
}

fn rounded(value: f64, config: &Config) -> f64 {
    let Some(digits) = config.round else {
        return value;
    };
    let shift = 10_f64.powi(i32::try_from(digits).expect("at most 12"));
    // Adding 0 turns -0 into 0.
    (value * shift).round() / shift + 0.0
}
