//! Whether an answer is the expected one, within a tolerance.
//! Must not know what the answer means.

use serde_json::Value;

/// Where an answer differs from what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("at {place}: expected {expected}, got {found}")]
pub struct Difference {
    /// JSON pointer into the answer; `/` for the whole.
    pub place: String,
    /// What was expected there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Difference {
    /// The first place where `found` differs from `expected`: a number by more
    /// than `tolerance` (absolute, or relative to numbers above 1), anything
    /// else at all. Fields that `expected` does not name are not looked at.
    pub fn between(expected: &Value, found: &Value, tolerance: f64) -> Option<Difference> {
        differ(expected, found, tolerance, "")
    }
}

fn differ(expected: &Value, found: &Value, tolerance: f64, place: &str) -> Option<Difference> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().find_map(|(key, value)| {
                let place = format!("{place}/{}", super::schema::escape(key));
                differ(
                    value,
                    found.get(key).unwrap_or(&Value::Null),
                    tolerance,
                    &place,
                )
            })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(index, (expected, found))| {
                differ(expected, found, tolerance, &format!("{place}/{index}"))
            }),
        (Value::Number(a), Value::Number(b)) if close(a.as_f64()?, b.as_f64()?, tolerance) => None,
        (expected, found) if expected == found => None,
        (expected, found) => Some(Difference {
            place: if place.is_empty() { "/" } else { place }.to_owned(),
            expected: short(expected),
            found: short(found),
        }),
    }
}

/// How far two answers are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distance {
    /// Whether anything but a number differs: a text, a field, a length.
    pub is_unlike: bool,
    /// The largest difference of two numbers, as a share of the first where that is above 1.
    pub largest: f64,
}

impl Distance {
    /// Of `found` from `expected`, over all of both.
    pub fn between(expected: &Value, found: &Value) -> Distance {
        let mut distance = Distance::default();
        distance.add(expected, found);
        distance
    }

    fn add(&mut self, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Object(a), Value::Object(b)) => {
                self.is_unlike |= a.len() != b.len();
                for (key, value) in a {
                    match b.get(key) {
                        Some(found) => self.add(value, found),
                        None => self.is_unlike = true,
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                self.is_unlike |= a.len() != b.len();
                for (expected, found) in a.iter().zip(b) {
                    self.add(expected, found);
                }
            }
            (Value::Number(a), Value::Number(b)) => {
                if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
                    self.largest = self.largest.max(apart(a, b));
                }
            }
            (expected, found) => self.is_unlike |= expected != found,
        }
    }
}

/// How far `found` is from `expected`, as a share of that where it is above 1.
pub fn apart(expected: f64, found: f64) -> f64 {
    (expected - found).abs() / expected.abs().max(1.0)
}

fn close(expected: f64, found: f64, tolerance: f64) -> bool {
    (expected - found).abs() <= tolerance * expected.abs().max(1.0)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_within_tolerance_are_the_same_and_others_are_placed() {
        let expected = json!({"a": [1.0, 2000.0], "b": "x"});
        let near = json!({"a": [1.0005, 2001.0], "b": "x", "more": 1});
        assert_eq!(Difference::between(&expected, &near, 1e-3), None);
        let far = json!({"a": [1.0, 2010.0], "b": "x"});
        let difference = Difference::between(&expected, &far, 1e-3).expect("differs");
        assert_eq!(
            difference.to_string(),
            "at /a/1: expected 2000.0, got 2010.0"
        );
    }

    #[test]
    fn the_distance_is_that_of_the_numbers_that_are_furthest_apart() {
        let one = json!([{"label": "a", "score": 0.5}, {"label": "b", "score": 200.0}]);
        let near = json!([{"label": "a", "score": 0.25}, {"label": "b", "score": 100.0}]);
        let distance = Distance::between(&one, &near);
        assert_eq!((distance.is_unlike, distance.largest), (false, 0.5));
        assert!(Distance::between(&one, &json!([{"label": "b", "score": 0.5}])).is_unlike);
    }

    #[test]
    fn a_missing_field_another_type_or_length_differs() {
        for found in [json!({}), json!({"a": "1"}), json!({"a": [1]})] {
            assert!(Difference::between(&json!({"a": [1, 2]}), &found, 1.0).is_some());
        }
    }
}
