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
    fn a_missing_field_another_type_or_length_differs() {
        for found in [json!({}), json!({"a": "1"}), json!({"a": [1]})] {
            assert!(Difference::between(&json!({"a": [1, 2]}), &found, 1.0).is_some());
        }
    }
}
