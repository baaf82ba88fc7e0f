//! Probabilities of classes out of those of each pair of them, by the second method of Wu, Lin and Weng.
//! Must not know where the pairs' come from.

/// Where a pair's probability may lie.
const LEAST: f32 = 1e-7;

/// Rounds after which it is near enough.
const ROUNDS: usize = 100;

/// `pairs` says of every class and every later one how likely it is the former.
pub(super) fn coupled(classes: usize, pairs: &[f32]) -> Vec<f32> {
    let mut likely = vec![vec![0.0_f32; classes]; classes];
    let each = (0..classes).flat_map(|one| (one + 1..classes).map(move |other| (one, other)));
    for ((one, other), chance) in each.zip(pairs) {
        let chance = chance.clamp(LEAST, 1.0 - LEAST);
        likely[one][other] = chance;
        likely[other][one] = 1.0 - chance;
    }
    let weight = |one: usize, other: usize| -> f32 {
        if one != other {
            return -likely[other][one] * likely[one][other];
        }
        let others = (0..classes).filter(|other| *other != one);
        others
            .map(|other| likely[other][one] * likely[other][one])
            .sum()
    };
    let weights: Vec<Vec<f32>> = (0..classes)
        .map(|one| (0..classes).map(|other| weight(one, other)).collect())
        .collect();
    let mut chances = vec![1.0 / classes as f32; classes];
    for _ in 0..ROUNDS {
        let mut pulls: Vec<f32> = weights
            .iter()
            .map(|row| row.iter().zip(&chances).map(|(a, b)| a * b).sum())
            .collect();
        let mut whole: f32 = chances.iter().zip(&pulls).map(|(a, b)| a * b).sum();
        let errors = pulls.iter().map(|pull| (pull - whole).abs());
        if errors.fold(0.0, f32::max) < 0.005 / classes as f32 {
            break;
        }
        for class in 0..classes {
            let own = weights[class][class];
            let step = (whole - pulls[class]) / own;
            let scale = 1.0 + step;
            chances[class] += step;
            whole = (whole + step * (step * own + 2.0 * pulls[class])) / scale / scale;
            for (other, pull) in pulls.iter_mut().enumerate() {
                *pull = (*pull + step * weights[class][other]) / scale;
            }
            chances.iter_mut().for_each(|chance| *chance /= scale);
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_classes_the_pairs_own_is_taken() {
        let chances = coupled(2, &[0.7]);
        assert!((chances[0] - 0.7).abs() < 1e-3, "{chances:?}");
        assert!((chances[0] + chances[1] - 1.0).abs() < 1e-6, "{chances:?}");
    }

    #[test]
    fn the_class_that_wins_its_pairs_is_the_likeliest() {
        let chances = coupled(3, &[0.9, 0.8, 0.4]);
        assert!(chances[0] > chances[2] && chances[2] > chances[1]);
    }
}
