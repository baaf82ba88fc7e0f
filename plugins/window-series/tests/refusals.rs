//! What a caller is told about a wrong request: always which field, and what would be right.

mod common;

use common::{Plugin, with};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    Plugin::new(with(|c| {
        c["min_history"] = json!(2);
        c["max_history"] = json!(6);
        c["max_items"] = json!(2);
        c["covariates"] = json!(["display", "mailer"]);
        c["past"]["channels"] = json!(["target", "covariate:display"]);
        c["future"] =
            json!({"tensor": "future", "channels": ["covariate:display", "covariate:mailer"]});
    }))
}

fn refusal(inputs: Value) -> String {
    plugin().refusal(&json!({"inputs": inputs}).to_string())
}

#[test]
fn a_series_of_a_wrong_length_says_the_right_one() {
    assert_eq!(
        refusal(json!({"series": [1]})),
        "/inputs/series: has 1 values; the model needs at least 2"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2, 3, 4, 5, 6, 7]})),
        "/inputs/series: has 7 values; send at most the last 6"
    );
    assert_eq!(
        refusal(json!([{"series": [1, 2]}, {"series": []}])),
        "/inputs/1/series: has 0 values; the model needs at least 2"
    );
}

#[test]
fn a_window_without_any_number_is_refused() {
    assert_eq!(
        refusal(json!({"series": [5, null, null, null, null]})),
        "/inputs/series: has no number among its last 4 values; the model needs one"
    );
}

#[test]
fn what_is_no_number_is_named_by_its_place() {
    let right = "must be a number from -1e12 to 1e12, or null for a gap";
    assert_eq!(
        refusal(json!({"series": [1, 2, "3"]})),
        format!("/inputs/series/2: {right}, not string \"3\"")
    );
    assert_eq!(
        refusal(json!([{"series": [1, 2]}, {"series": [1, [2]]}])),
        format!("/inputs/1/series/1: {right}, not sequence")
    );
    assert_eq!(
        refusal(json!({"series": [1, 2e12]})),
        format!("/inputs/series/1: {right}, not floating point `2000000000000.0`")
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "future": {"mailer": [true]}})),
        format!("/inputs/future/mailer/0: {right}, not boolean `true`")
    );
}

#[test]
fn numbers_that_no_float_holds_are_refused_and_never_panic() {
    let plugin = plugin();
    let refusal =
        |series: &str| plugin.refusal(&format!("{{\"inputs\": {{\"series\": [1, {series}]}}}}"));
    assert_eq!(
        refusal("1e400"),
        "/inputs/series/1: is too large to be a number"
    );
    assert_eq!(
        refusal("-1e400"),
        "/inputs/series/1: is too large to be a number"
    );
    for text in [
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "0x10",
        "01",
        "1.",
        ".5",
        "--1",
    ] {
        assert!(
            refusal(text).starts_with("the body is not JSON: "),
            "{text}"
        );
    }
    let digits = "9".repeat(100_000);
    assert!(!refusal(&digits).is_empty());
    assert!(
        plugin
            .ask(&format!(
                "{{\"inputs\": {{\"series\": [1, 0.{digits}, 1e-400]}}}}"
            ))
            .is_ok()
    );
}

#[test]
fn unknown_fields_are_refused_by_name_wherever_they_are() {
    assert!(refusal(json!({"serie": [1]})).starts_with("/inputs/serie: is not a known field"));
    let list = refusal(json!([{"series": [1, 2]}, {"series": [1, 2], "Start": "2017-01-01"}]));
    assert!(
        list.starts_with("/inputs/1/Start: is not a known field"),
        "{list}"
    );
    let top = plugin().refusal(r#"{"inputs": {"series": [1, 2]}, "options": {}}"#);
    assert_eq!(
        top,
        "/options: is not a known field, expected `inputs` or `parameters`"
    );
}

#[test]
fn covariates_say_their_name_and_length() {
    assert_eq!(
        refusal(json!({"series": [1, 2], "future": {"price": [1]}})),
        "/inputs/future/price: is no covariate of this model; there are: display, mailer"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "past": {"display": [1]}})),
        "/inputs/past/display: has 1 values; it needs one for each of the 2 of `series`"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "future": {"display": [1, 2, 3, 4]}})),
        "/inputs/future/display: has 4 values; send 1 to 3, one a step of the forecast"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "future": {"display": []}})),
        "/inputs/future/display: has 0 values; send 1 to 3, one a step of the forecast"
    );
    let none = Plugin::new(with(|_| ()));
    assert_eq!(
        none.refusal(r#"{"inputs": {"series": [1], "past": {"a/b": [1]}}}"#),
        "/inputs/past/a~1b: is no covariate of this model; there are none"
    );
}

#[test]
fn dates_and_frequencies_say_what_they_may_be() {
    assert_eq!(
        refusal(json!({"series": [1, 2], "start": "25.10.2017"})),
        "/inputs/start: must be a date such as \"2017-10-25\" (1583-01-01 to 9999-12-31), not string \"25.10.2017\""
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "start": "9999-12-30"})),
        "/inputs/start: is so late that the forecast would end after 9999-12-31"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "frequency": "W"})),
        "/inputs/frequency: the model was trained on steps of `D`; it cannot forecast `W`"
    );
    assert_eq!(
        refusal(json!({"series": [1, 2], "item": "x".repeat(1001)})),
        "/inputs/item: is longer than 1000 characters"
    );
}

#[test]
fn too_many_items_or_none_are_refused() {
    let item = json!({"series": [1, 2]});
    assert_eq!(
        refusal(json!([item, item, item])),
        "/inputs: has 3 items; send at most 2 at once"
    );
    assert_eq!(
        refusal(json!([])),
        "/inputs: is an empty list; send at least one series"
    );
    assert!(
        refusal(json!("COFFEE")).starts_with("/inputs: must be an object or a list of objects")
    );
    assert_eq!(plugin().refusal("{}"), "/inputs: is missing");
}

#[test]
fn a_horizon_that_the_model_does_not_have_is_refused() {
    let plugin = plugin();
    let refusal = |horizon: &str| {
        plugin.refusal(&format!(
            "{{\"inputs\": {{\"series\": [1, 2]}}, \"parameters\": {{\"horizon\": {horizon}}}}}"
        ))
    };
    for horizon in ["0", "4", "2.5", "-1"] {
        assert_eq!(
            refusal(horizon),
            format!("/parameters/horizon: must be a whole number between 1 and 3, not {horizon}")
        );
    }
    assert_eq!(
        refusal("\"3\""),
        "/parameters/horizon: must be a number, not string \"3\""
    );
    assert_eq!(
        refusal("1e400"),
        "/parameters/horizon: is too large to be a number"
    );
}

#[test]
fn what_is_no_json_is_refused_as_such() {
    let plugin = plugin();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "1",
        "\u{0}",
        "{\"inputs\": {\"series\": [1, 2]}} x",
    ] {
        assert!(!plugin.refusal(body).is_empty(), "{body}");
    }
    assert_eq!(
        plugin.refusal(r#"{"inputs": {"series": [1, 2], "series": [3, 4]}}"#),
        "/inputs/series: is there twice"
    );
}
