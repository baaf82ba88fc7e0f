//! A quantile function that is known at a few levels: straight between them, flat outside.
//! Knows no tensors and no requests.

/// The values at ascending levels, themselves ascending.
#[derive(Debug)]
pub(crate) struct QuantileFunction<'a> {
    levels: &'a [f64],
    values: Vec<f64>,
}

impl<'a> QuantileFunction<'a> {
    /// Puts the values in order, so that quantiles never cross.
    pub(crate) fn new(levels: &'a [f64], mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { levels, values }
    }

    /// The value at a quantile within the levels.
    pub(crate) fn at(&self, quantile: f64) -> f64 {
        let above = self.levels.partition_point(|level| *level < quantile);
        match above {
            0 => self.values[0],
            _ if above == self.levels.len() => self.values[above - 1],
            _ => {
                let (x0, x1) = (self.levels[above - 1], self.levels[above]);
                let (y0, y1) = (self.values[above - 1], self.values[above]);
                // At a level this is that level's value exactly.
                y1 - (y1 - y0) * ((x1 - quantile) / (x1 - x0))
            }
        }
    }

    /// Its integral from 0 to 1, which is the mean of the distribution.
    pub(crate) fn mean(&self) -> f64 {
        let last = self.levels.len() - 1;
        let tails = self.values[0] * self.levels[0] + self.values[last] * (1.0 - self.levels[last]);
        let between = self.levels.windows(2).zip(self.values.windows(2));
        between.fold(tails, |sum, (x, y)| {
            sum + (x[1] - x[0]) * (y[0] + y[1]) / 2.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

    #[test]
    fn levels_that_cross_are_put_in_order() {
        let function = QuantileFunction::new(&LEVELS, vec![5.0, 3.0, 4.0]);
        assert_eq!(LEVELS.map(|level| function.at(level)), [3.0, 4.0, 5.0]);
    }

    #[test]
    fn between_two_levels_it_is_straight() {
        let function = QuantileFunction::new(&LEVELS, vec![0.0, 4.0, 12.0]);
        assert!((function.at(0.3) - 2.0).abs() < 1e-12);
        assert!((function.at(0.7) - 8.0).abs() < 1e-12);
    }

    #[test]
    fn the_mean_is_the_integral_with_flat_tails() {
        let function = QuantileFunction::new(&LEVELS, vec![0.0, 4.0, 12.0]);
        assert!((function.mean() - (0.1 * 0.0 + 0.4 * 2.0 + 0.4 * 8.0 + 0.1 * 12.0)).abs() < 1e-12);
        let constant = QuantileFunction::new(&LEVELS, vec![7.0; 3]);
        assert!((constant.mean() - 7.0).abs() < 1e-12);
        let single = QuantileFunction::new(&[0.5], vec![7.0]);
        assert!((single.mean() - 7.0).abs() < 1e-12);
        assert_eq!(single.at(0.5), 7.0);
    }

    #[test]
    fn it_never_falls() {
        let levels = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];
        let function = QuantileFunction::new(&levels, vec![3.1, 0.2, 0.2, 9.7, 1e-3, 5.5, 2.0]);
        let values: Vec<f64> = (25..=975)
            .map(|i| function.at(f64::from(i) / 1000.0))
            .collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
    }
}
