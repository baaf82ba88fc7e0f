//! What a caller is told about a wrong table: always which value of which row, and what would be right.

mod common;

use common::{Plugin, init, model, port};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    let config = json!({"columns": [
        {"name": "age", "minimum": 0, "maximum": 120},
        {"name": "city", "categories": ["Rome", "Oslo"]},
        {"name": "rate/day", "missing": 0},
    ], "max_items": 3});
    init(&config, None, &model(&[port("X", "f32", &[-1, 3])], &[])).expect("a right configuration")
}

#[test]
fn a_wrong_value_is_named_by_row_and_column_in_every_form() {
    let plugin = plugin();
    assert_eq!(
        plugin.refusal(&json!({"age": [1, 200], "city": ["Rome", "Rome"]})),
        "/inputs/age/1: must be between 0 and 120, not 200"
    );
    assert_eq!(
        plugin.refusal(&json!({"data": {"age": [1, "old"], "city": ["Rome", "Rome"]}})),
        "/inputs/data/age/1: must be a number"
    );
    assert_eq!(
        plugin.refusal(&json!([{"age": 1, "city": "Rome"}, {"age": 2, "city": "Paris"}])),
        "/inputs/1/city: must be one of: Rome, Oslo"
    );
    assert_eq!(
        plugin.refusal(&json!({"age": 1, "city": "Rome", "rate/day": "x"})),
        "/inputs/rate~1day: must be a number"
    );
}

#[test]
fn a_missing_value_is_named_unless_the_column_says_what_stands_for_it() {
    let plugin = plugin();
    let missing = |field: &str, row: usize, name: &str| {
        format!("{field}: is missing in row {row}; this model needs `{name}` in every row")
    };
    assert_eq!(
        plugin.refusal(&json!({"city": ["Rome"]})),
        missing("/inputs/age", 0, "age")
    );
    assert_eq!(
        plugin.refusal(&json!({"age": [3, null], "city": ["Rome", "Rome"]})),
        missing("/inputs/age/1", 1, "age")
    );
    assert_eq!(
        plugin.refusal(&json!([{"age": 3, "city": "Rome"}, {"age": 3, "city": " "}])),
        missing("/inputs/1/city", 1, "city")
    );
    assert_eq!(
        plugin.refusal(&json!([{"city": "Rome"}])),
        missing("/inputs/0/age", 0, "age")
    );
    assert_eq!(
        plugin.refusal(&json!({"data": {"age": "nan", "city": "Rome"}})),
        missing("/inputs/data/age", 0, "age")
    );
}

#[test]
fn columns_that_do_not_fit_together_are_refused() {
    let plugin = plugin();
    assert_eq!(
        plugin.refusal(&json!({"age": [1, 2], "city": ["Rome"]})),
        "/inputs/city: has 1 values, but the columns before it have 2 values; every column needs one for each row"
    );
    assert_eq!(
        plugin.refusal(&json!({"age": 1, "city": ["Rome"]})),
        "/inputs/city: has 1 values, but the columns before it have a single value; every column needs one for each row"
    );
    let message = plugin.refusal(&json!({"ages": [1], "city": ["Rome"]}));
    assert_eq!(
        message,
        "/inputs/ages: is no column of this model; there are: age, city, rate/day"
    );
    let message = plugin.refusal(&json!([{"age": 1, "city": "Rome"}, {"Age": 1}]));
    assert_eq!(
        message,
        "/inputs/1/Age: is no column of this model; there are: age, city, rate/day"
    );
    assert_eq!(
        plugin.refusal_of(r#"{"inputs": {"age": [1], "age": [2], "city": ["Rome"]}}"#),
        "/inputs/age: is there twice"
    );
    assert_eq!(
        plugin.refusal_of(r#"{"inputs": [{"age": 1, "city": "Rome", "age": 2}]}"#),
        "/inputs/0/age: is there twice"
    );
    assert_eq!(
        plugin.refusal(&json!({"data": {"age": {"x": 1}}})),
        "/inputs/data/age: must be a value or a list of values, not an object"
    );
}

#[test]
fn too_many_rows_or_none_are_refused() {
    let plugin = plugin();
    let row = json!({"age": 1, "city": "Rome"});
    assert_eq!(
        plugin.refusal(&json!([row, row, row, row])),
        "/inputs: has 4 rows; send at most 3 at once"
    );
    assert_eq!(
        plugin.refusal(&json!({"age": [1, 1, 1, 1], "city": ["Rome", "Rome", "Rome", "Rome"]})),
        "/inputs: has 4 rows; send at most 3 at once"
    );
    assert_eq!(
        plugin.refusal(&json!([])),
        "/inputs: has no rows; send at least one"
    );
    assert_eq!(
        plugin.refusal(&json!({"age": [], "city": []})),
        "/inputs: has no rows; send at least one"
    );
    assert_eq!(
        plugin.refusal(&json!({})),
        "/inputs: has no columns; send a value for each"
    );
    assert_eq!(
        plugin.refusal(&json!({"data": {}})),
        "/inputs/data: has no columns; send a value for each"
    );
}

#[test]
fn what_is_no_table_says_what_would_be_one() {
    let plugin = plugin();
    assert_eq!(
        plugin.refusal(&json!("Rome")),
        "/inputs: must be an object of columns, or a list of rows, not string \"Rome\""
    );
    assert!(
        plugin
            .refusal(&json!([[1, "Rome"]]))
            .starts_with("/inputs/0: must be an object with a value for each column")
    );
    assert!(
        plugin
            .refusal(&json!([{"age": [1], "city": "Rome"}]))
            .starts_with("/inputs/0/age: must be a number, a text or null")
    );
    assert!(
        plugin
            .refusal(&json!({"age": [[1]], "city": ["Rome"]}))
            .starts_with("/inputs/age/0: must be a number, a text or null")
    );
    assert_eq!(plugin.refusal_of("{}"), "/inputs: is missing");
    assert!(
        plugin
            .refusal_of(r#"{"inputs": {"age": 1e400, "city": "Rome"}}"#)
            .contains("is too large to be a number")
    );
    for body in [
        "",
        "{",
        "[]",
        "null",
        "1",
        "{\"inputs\": {\"age\": NaN}}",
        "{\"inputs\": {\"age\": 1}} x",
    ] {
        assert!(!plugin.refusal_of(body).is_empty(), "{body}");
    }
}

#[test]
fn hostile_tables_are_refused_and_do_not_come_back_whole() {
    let plugin = plugin();
    for open in ["[", "{\"data\":", "{\"age\":["] {
        let deep = format!("{{\"inputs\": {}", open.repeat(50_000));
        assert!(!plugin.refusal_of(&deep).is_empty());
    }
    let long = "é".repeat(200_000);
    for inputs in [
        json!({long.clone(): 1}),
        json!({"age": long, "city": "Rome"}),
        json!({"age": 1, "city": long}),
        json!([{long.clone(): 1}]),
        json!(long),
    ] {
        assert!(plugin.refusal(&inputs).len() < 2000);
    }
    let many: serde_json::Map<String, Value> =
        (0..50_000).map(|i| (format!("c{i}"), json!(i))).collect();
    assert!(
        plugin
            .refusal(&many.into())
            .contains("is no column of this model")
    );
}
