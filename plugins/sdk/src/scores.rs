//! From a row of logits to scores, and to the classes that score best.
//! Knows no names and no tensors.

use serde::Deserialize;

/// What makes a score of a logit, as Hugging Face's `function_to_apply` calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// Scores between 0 and 1 that add up to 1: one class is right.
    Softmax,
    /// Each score between 0 and 1 for itself: any number of classes is right.
    Sigmoid,
    /// The logits as they are.
    None,
}

impl Function {
    /// What Hugging Face's pipelines apply where nobody says it.
    pub fn usual(problem_type: Option<&str>, classes: usize) -> Self {
        match problem_type {
            Some("regression") => Self::None,
            Some("multi_label_classification") => Self::Sigmoid,
            _ if classes == 1 => Self::Sigmoid,
            _ => Self::Softmax,
        }
    }

    /// As a manifest and a request spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::None => "none",
        }
    }

    /// One finite score a logit; `None` where the logits leave none, as NaN does.
    pub fn apply(self, logits: &[f32]) -> Option<Vec<f32>> {
        match self {
            Self::Softmax => softmax(logits),
            Self::Sigmoid => finite(logits.iter().map(|x| 1.0 / (1.0 + (-x).exp()))),
            Self::None => finite(logits.iter().copied()),
        }
    }
}

/// Scores between 0 and 1 that add up to 1; `None` where the logits leave none, as NaN does.
pub fn softmax(logits: &[f32]) -> Option<Vec<f32>> {
    // Shifted by the greatest, no power overflows.
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut scores: Vec<f32> = logits.iter().map(|x| (x - greatest).exp()).collect();
    let total: f64 = scores.iter().copied().map(f64::from).sum();
    if !total.is_finite() {
        return None;
    }
    for score in &mut scores {
        *score = (f64::from(*score) / total) as f32;
    }
    Some(scores)
}

fn finite(scores: impl Iterator<Item = f32>) -> Option<Vec<f32>> {
    scores.map(|x| x.is_finite().then_some(x)).collect()
}

/// The class with the greatest score; of equals the first. 0 where there are none.
pub fn best(scores: &[f32]) -> usize {
    let better = |best: usize, class: usize| match scores[class] > scores[best] {
        true => class,
        false => best,
    };
    (0..scores.len()).reduce(better).unwrap_or(0)
}

/// The `count` classes with the greatest scores, the greatest first, equals in their order.
pub fn top(scores: &[f32], count: usize) -> Vec<usize> {
    let order = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    let mut classes: Vec<usize> = (0..scores.len()).collect();
    if count < classes.len() {
        // Sorting ten thousand classes to answer five would be most of the work.
        classes.select_nth_unstable_by(count, order);
        classes.truncate(count);
    }
    classes.sort_unstable_by(order);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_adds_up_to_one_and_does_not_overflow() {
        let scores = softmax(&[1.0, 2.0, 3.0]).expect("scores");
        let wanted = [0.090_030_57, 0.244_728_47, 0.665_240_94];
        assert!(scores.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-7));
        assert_eq!(softmax(&[1e30, -1e30]), Some(vec![1.0, 0.0]));
        assert_eq!(softmax(&[f32::NEG_INFINITY, 5.0]), Some(vec![0.0, 1.0]));
        assert_eq!(softmax(&[f32::MAX, f32::MIN]), Some(vec![1.0, 0.0]));
    }

    #[test]
    fn sigmoid_is_right_at_both_ends() {
        let scores = Function::Sigmoid.apply(&[0.0, 1e9, -1e9, f32::NEG_INFINITY]);
        assert_eq!(scores, Some(vec![0.5, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn what_is_no_number_has_no_score() {
        for odd in [f32::NAN, f32::INFINITY] {
            assert_eq!(softmax(&[0.0, odd]), None);
            assert_eq!(Function::None.apply(&[0.0, odd]), None);
        }
        assert_eq!(Function::Sigmoid.apply(&[f32::NAN]), None);
        assert_eq!(softmax(&[f32::NEG_INFINITY; 2]), None);
    }

    #[test]
    fn the_usual_function_is_that_of_the_pipelines() {
        assert_eq!(Function::usual(None, 2), Function::Softmax);
        assert_eq!(Function::usual(None, 1), Function::Sigmoid);
        assert_eq!(
            Function::usual(Some("single_label_classification"), 2),
            Function::Softmax
        );
        assert_eq!(
            Function::usual(Some("multi_label_classification"), 5),
            Function::Sigmoid
        );
        assert_eq!(Function::usual(Some("regression"), 1), Function::None);
    }

    #[test]
    fn the_best_stand_first_and_equals_in_their_order() {
        let scores = [0.1, 0.5, 0.2, 0.5, 0.0];
        assert_eq!(best(&scores), 1);
        assert_eq!(top(&scores, 3), [1, 3, 2]);
        assert_eq!(top(&scores, 99), [1, 3, 2, 0, 4]);
        assert_eq!(top(&scores, 0), [0_usize; 0]);
        assert_eq!(top(&[], 3), [0_usize; 0]);
        assert_eq!(best(&[]), 0);
    }
}
