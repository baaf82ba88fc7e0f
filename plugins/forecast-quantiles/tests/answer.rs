//! What the caller is answered for a model's output.

use forecast_quantiles::ForecastQuantiles;
use modelhost_plugin::forecast::{Forecast, Item};
use modelhost_plugin::{
    Assets, Data, Description, Error, Plugin, Postprocess, Signature, Tensor, Tensors,
};
use serde_json::{Value, json};

fn plugin(change: impl FnOnce(&mut Value)) -> (ForecastQuantiles, Description) {
    let mut config =
        json!({"tensor": "q", "levels": [0.1, 0.5, 0.9], "quantiles": [0.1, 0.5, 0.9]});
    change(&mut config);
    ForecastQuantiles::init(
        &config.to_string(),
        Assets::default(),
        &Signature::default(),
    )
    .expect("a right configuration")
}

fn forecast(horizon: usize, scales: &[f64]) -> Forecast {
    let item = |scale: &f64| Item {
        item: None,
        scale: *scale,
        dates: None,
    };
    Forecast {
        horizon,
        items: scales.iter().map(item).collect(),
    }
}

fn output(shape: [usize; 3], data: &[f32]) -> Tensors {
    Tensors(vec![("q".into(), Tensor::f32(&shape, data.to_vec()))])
}

fn answer(
    plugin: &ForecastQuantiles,
    output: Tensors,
    forecast: &Forecast,
    parameters: &str,
) -> Value {
    let text = plugin
        .run(output, &forecast.to_context(), parameters)
        .expect("an answer");
    serde_json::from_str(&text).expect("JSON")
}

fn fault(output: Tensors, context: &[u8]) -> String {
    match plugin(|_| ()).0.run(output, context, "{}") {
        Err(Error::Internal(message)) => message,
        other => panic!("must be the model's fault, not {other:?}"),
    }
}

#[test]
fn values_come_back_in_the_callers_units_with_name_and_dates() {
    let (plugin, _) = plugin(|_| ());
    let dates = Some(vec!["2017-11-01".into(), "2017-11-02".into()]);
    let item = Item {
        item: Some("COFFEE".into()),
        scale: 10.0,
        dates,
    };
    let forecast = Forecast {
        horizon: 2,
        items: vec![item],
    };
    let answer = answer(
        &plugin,
        output([1, 2, 3], &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0]),
        &forecast,
        "{}",
    );
    assert_eq!(
        answer,
        json!([{
            "item": "COFFEE",
            "dates": ["2017-11-01", "2017-11-02"],
            "mean": [20.0, 40.0],
            "quantiles": {"0.1": [10.0, 20.0], "0.5": [20.0, 40.0], "0.9": [30.0, 60.0]},
        }])
    );
}

#[test]
fn without_name_and_start_there_is_no_item_and_dates_are_null() {
    let (plugin, _) = plugin(|_| ());
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[1.0; 3]),
        &forecast(1, &[1.0]),
        "{}",
    );
    let item = answer[0].as_object().expect("an object");
    assert!(!item.contains_key("item"));
    assert_eq!(item["dates"], Value::Null);
}

#[test]
fn levels_that_cross_are_ordered_in_each_step() {
    let (plugin, _) = plugin(|_| ());
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[3.0, 1.0, 2.0]),
        &forecast(1, &[1.0]),
        "{}",
    );
    assert_eq!(
        answer[0]["quantiles"],
        json!({"0.1": [1.0], "0.5": [2.0], "0.9": [3.0]})
    );
}

#[test]
fn a_quantile_between_two_levels_lies_between_their_values() {
    let (plugin, _) = plugin(|c| c["round"] = json!(6));
    let parameters = r#"{"quantiles": [0.7, 0.3], "horizon": 1}"#;
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[0.0, 4.0, 12.0]),
        &forecast(1, &[1.0]),
        parameters,
    );
    assert_eq!(answer[0]["quantiles"], json!({"0.3": [2.0], "0.7": [8.0]}));
}

#[test]
fn quantiles_stand_in_ascending_order_under_their_shortest_decimal() {
    let (plugin, _) = plugin(|_| ());
    let parameters = r#"{"quantiles": [0.9, 5e-1, 0.250]}"#;
    let context = forecast(1, &[1.0]).to_context();
    let text = plugin
        .run(output([1, 1, 3], &[1.0; 3]), &context, parameters)
        .expect("an answer");
    assert!(
        text.contains(r#""quantiles":{"0.25":[1.0],"0.5":[1.0],"0.9":[1.0]}"#),
        "{text}"
    );
}

#[test]
fn nothing_is_below_the_minimum_not_even_the_mean() {
    let (plugin, _) = plugin(|c| c["minimum"] = json!(0));
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[-9.0, -8.0, 1.0]),
        &forecast(1, &[2.0]),
        "{}",
    );
    assert_eq!(
        answer[0]["quantiles"],
        json!({"0.1": [0.0], "0.5": [0.0], "0.9": [2.0]})
    );
    // 0.4 of the probability on the way from 0 to 2, and 0.1 at 2.
    let mean = answer[0]["mean"][0].as_f64().expect("a number");
    assert!((mean - 0.6).abs() < 1e-9, "{mean}");
}

#[test]
fn values_are_rounded_where_the_manifest_says_so() {
    let (plugin, _) = plugin(|c| c["round"] = json!(2));
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[0.123_456, 1.005, -0.0001]),
        &forecast(1, &[1.0]),
        "{}",
    );
    assert_eq!(
        answer[0]["quantiles"],
        json!({"0.1": [0.0], "0.5": [0.12], "0.9": [1.0]})
    );
    assert!(!answer.to_string().contains("-0.0"), "{answer}");
}

#[test]
fn a_shorter_horizon_cuts_the_answer() {
    let (plugin, _) = plugin(|_| ());
    let data: Vec<f32> = (0..9).map(|i| i as f32).collect();
    let answer = answer(
        &plugin,
        output([1, 3, 3], &data),
        &forecast(2, &[1.0]),
        r#"{"horizon": 2}"#,
    );
    assert_eq!(answer[0]["quantiles"]["0.5"], json!([1.0, 4.0]));
    assert_eq!(answer[0]["mean"].as_array().map(Vec::len), Some(2));
}

#[test]
fn each_item_of_a_batch_has_its_own_scale() {
    let (plugin, _) = plugin(|_| ());
    let answer = answer(
        &plugin,
        output([2, 1, 3], &[1.0; 6]),
        &forecast(1, &[1.0, 5.0]),
        "{}",
    );
    assert_eq!(answer[0]["mean"], json!([1.0]));
    assert_eq!(answer[1]["mean"], json!([5.0]));
}

#[test]
fn a_model_that_does_not_fit_the_configuration_is_a_fault_that_says_why() {
    let context = forecast(2, &[1.0]).to_context();
    assert_eq!(
        fault(Tensors::default(), &context),
        "no tensor `q`; the model answers: none"
    );
    let doubles = Tensor::of(&[1, 2, 3], vec![1.0_f64; 6]);
    assert_eq!(
        fault(Tensors(vec![("q".into(), doubles)]), &context),
        "tensor `q` must be f32, not f64"
    );
    for shape in [[1, 2, 4], [2, 2, 3], [1, 1, 3]] {
        let data = vec![1.0; shape.iter().product()];
        assert!(
            fault(output(shape, &data), &context)
                .ends_with("it must be [1, at least 2, 3]: items, horizon, levels")
        );
    }
    let lying = Tensor {
        shape: vec![1, u32::MAX, u32::MAX],
        data: Data::F32(vec![1.0]),
    };
    assert!(fault(Tensors(vec![("q".into(), lying)]), &context).contains("does not fit"));
}

#[test]
fn a_model_that_answers_no_number_is_a_fault_and_never_a_null() {
    let context = forecast(1, &[1.0]).to_context();
    for odd in [f32::NAN, f32::INFINITY] {
        let message = fault(output([1, 1, 3], &[1.0, odd, 2.0]), &context);
        assert!(
            message.starts_with("the model's answer to item 0: "),
            "{message}"
        );
    }
}

#[test]
fn another_context_is_a_fault_that_names_the_right_plugin() {
    assert!(fault(output([1, 1, 3], &[1.0; 3]), b"").contains("window-series"));
}

#[test]
fn the_schemas_are_json_schemas_and_describe_the_answer() {
    let (plugin, description) = plugin(|c| c["minimum"] = json!(0));
    let schema = |text: Option<String>| -> Value {
        serde_json::from_str(&text.expect("described")).expect("JSON")
    };
    let outputs = schema(description.outputs);
    let parameters = schema(description.parameters);
    for schema in [&outputs, &parameters] {
        assert!(
            jsonschema::draft202012::meta::validate(schema).is_ok(),
            "{schema}"
        );
    }
    let answer = answer(
        &plugin,
        output([1, 1, 3], &[-1.0, 2.0, 3.0]),
        &forecast(1, &[1.0]),
        "{}",
    );
    assert!(jsonschema::is_valid(&outputs, &answer), "{answer}");
    assert!(!jsonschema::is_valid(
        &parameters,
        &json!({"quantiles": [0.95]})
    ));
    assert!(jsonschema::is_valid(
        &parameters,
        &json!({"quantiles": [0.1, 0.9]})
    ));
}
