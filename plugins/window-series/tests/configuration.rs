//! What an operator is told about a wrong configuration: always which key, and what would be right.

mod common;

use common::with;
use modelhost_plugin::{Assets, Plugin as _, Signature};
use serde_json::{Value, json};
use window_series::WindowSeries;

fn check(change: impl FnOnce(&mut Value)) -> Result<Value, String> {
    match WindowSeries::init(
        &with(change).to_string(),
        Assets::default(),
        &Signature::default(),
    ) {
        Ok((_, description)) => {
            Ok(serde_json::from_str(&description.inputs.expect("described")).expect("JSON"))
        }
        Err(modelhost_plugin::Error::Invalid(invalid)) => Err(invalid.to_string()),
        Err(internal) => panic!("must not be the plugin's fault: {internal}"),
    }
}

fn refusal(change: impl FnOnce(&mut Value)) -> String {
    check(change).expect_err("must be refused")
}

#[test]
fn what_is_left_out_has_a_default() {
    let inputs = check(|_| ()).expect("the least there can be");
    let series = &inputs["properties"]["series"];
    assert_eq!(
        (&series["minItems"], &series["maxItems"]),
        (&json!(1), &json!(10_000))
    );
    assert_eq!(inputs["maxItems"], json!(64));
    assert_eq!(inputs["properties"]["frequency"]["enum"], json!(["D"]));
    assert_eq!(inputs["properties"]["past"], Value::Null, "no covariates");
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let message = refusal(|c| c["contexts"] = json!(3));
    assert!(
        message.starts_with("/contexts: is not a known field, expected one of"),
        "{message}"
    );
    let message = refusal(|c| c["past"]["channel"] = json!([]));
    assert_eq!(
        message,
        "/past/channel: is not a known field, expected `tensor` or `channels`"
    );
    let message = refusal(|c| c["scale"] = json!({"by": "mean", "over": 1, "floor": 1, "cap": 2}));
    assert!(
        message.starts_with("/scale/cap: is not a known field"),
        "{message}"
    );
}

#[test]
fn a_missing_key_is_named() {
    let message = refusal(|c| drop(c.as_object_mut().expect("an object").remove("horizon")));
    assert_eq!(message, "/horizon: is missing");
    assert_eq!(
        refusal(|c| {
            c["past"]["channels"] = json!(["before:sale"]);
            c["events"] = json!({"sale": ["11-24"]});
        }),
        "/event_window: is missing; `before:` and `after:` need it, in steps"
    );
}

#[test]
fn numbers_out_of_range_say_the_range() {
    assert_eq!(
        refusal(|c| c["horizon"] = json!(0)),
        "/horizon: must be between 1 and 10000, not 0"
    );
    assert_eq!(
        refusal(|c| {
            c["min_history"] = json!(30);
            c["max_history"] = json!(20);
        }),
        "/min_history: must be between 1 and 20, not 30"
    );
    assert_eq!(
        refusal(|c| c["context"] = json!(-1)),
        "/context: must be a whole number, 0 or more, not integer `-1`"
    );
    let floor =
        |floor: f64| refusal(|c| c["scale"] = json!({"by": "mean", "over": 4, "floor": floor}));
    assert_eq!(floor(0.0), "/scale/floor: must be between 1e-9 and 1e12");
}

#[test]
fn scale_is_none_or_a_mean() {
    assert!(check(|c| c["scale"] = json!("none")).is_ok());
    assert_eq!(
        refusal(|c| c["scale"] = json!("mean")),
        "/scale: must be `none` or { by: mean, over: STEPS, floor: NUMBER }, not string \"mean\""
    );
    let message = refusal(|c| c["scale"] = json!({"by": "median", "over": 4, "floor": 1}));
    assert_eq!(message, "/scale/by: must be `mean`, not `median`");
}

#[test]
fn names_that_nothing_uses_or_that_nothing_declares_are_refused() {
    assert_eq!(
        refusal(|c| c["covariates"] = json!(["price"])),
        "/covariates/0: no channel uses `price`, so what callers send would be ignored; add `covariate:price` or leave it out"
    );
    assert_eq!(
        refusal(|c| c["past"]["channels"] = json!(["target", "event:sale"])),
        "/past/channels/1: `sale` is not one of the configured events: none"
    );
    assert_eq!(
        refusal(|c| c["past"]["channels"] = json!(["target", "target"])),
        "/past/channels/1: `target` is there twice"
    );
}

#[test]
fn a_wrong_event_is_named_with_the_forms_it_may_have() {
    assert_eq!(
        refusal(|c| c["events"] = json!({"holiday": ["12-25", "12-32"]})),
        "/events/holiday/1: `12-32` is no day; write `MM-DD`, `YYYY-MM-DD`, `11-Thu#4`, `05-Mon#-1`, `easter` or `easter+1`"
    );
}

#[test]
fn tensors_that_would_not_fit_the_memory_are_refused_at_load() {
    let message = refusal(|c| {
        c["context"] = json!(100_000);
        c["max_items"] = json!(100);
    });
    assert!(
        message.starts_with("/max_items: 100 items need tensors of 10000000 elements"),
        "{message}"
    );
    let message = refusal(|c| c["static"] = json!({"tensor": "past", "channels": ["dated"]}));
    assert_eq!(
        message,
        "two tensors are named `past`; the model's inputs differ in name"
    );
}
