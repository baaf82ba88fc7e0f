//! Lengths and angles of vectors.
//! Knows no model.

/// Below this a length counts as this, so that a vector of zeros stays one.
const LEAST_LENGTH: f64 = 1e-12;

/// The same direction with length 1; zeros stay zeros.
pub(crate) fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = length(&vector);
    for x in &mut vector {
        *x = (f64::from(*x) / length) as f32;
    }
    vector
}

/// The cosine of the angle between two vectors of the same width, from -1 to 1; 0 where one is zeros.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum();
    (dot / length(a) / length(b)).clamp(-1.0, 1.0) as f32
}

fn length(vector: &[f32]) -> f64 {
    let squares = vector.iter().map(|x| f64::from(*x) * f64::from(*x));
    squares.sum::<f64>().sqrt().max(LEAST_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normalised_vector_has_length_one_and_zeros_stay_zeros() {
        assert_eq!(normalized(vec![3.0, -4.0]), [0.6, -0.8]);
        assert_eq!(normalized(vec![0.0; 3]), [0.0; 3]);
        assert_eq!(normalized(vec![f32::MAX, 0.0]), [1.0, 0.0]);
        assert_eq!(normalized(Vec::new()), [0.0; 0]);
    }

    #[test]
    fn the_cosine_is_that_of_the_angle_whatever_the_lengths() {
        assert_eq!(cosine(&[2.0, 0.0], &[0.0, 5.0]), 0.0);
        assert_eq!(cosine(&[1.0, 1.0], &[-3.0, -3.0]), -1.0);
        assert_eq!(cosine(&[0.1, 0.2, 0.3], &[0.1, 0.2, 0.3]), 1.0);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), 0.0);
    }
}
