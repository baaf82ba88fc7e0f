//! Tables become tensors, in whichever form they are sent.

mod common;

use common::{Plugin, init, model, port, regressor};
use modelhost_plugin::{Data, Signature};
use serde_json::{Value, json};

fn plugin(config: Value, model: &Signature) -> Plugin {
    init(&config, None, model).expect("a right configuration")
}

fn named() -> Plugin {
    plugin(json!({"columns": ["a", "b", "c", "d"]}), &regressor())
}

#[test]
fn every_form_of_a_table_is_the_same_table() {
    let plugin = named();
    let forms = [
        json!({"a": [1, 5], "b": [2, 6], "c": [3, 7], "d": [4, 8]}),
        json!({"d": [4, 8], "c": [3, 7], "b": [2, 6], "a": [1, 5]}),
        json!({"data": {"a": [1, 5], "b": [2, 6], "c": [3, 7], "d": [4, 8]}}),
        json!([{"a": 1, "b": 2, "c": 3, "d": 4}, {"d": 8, "a": 5, "b": 6, "c": 7}]),
        json!({"a": ["1", " 5 "], "b": ["2.0", "6e0"], "c": [3.0, "7"], "d": ["+4", 8]}),
    ];
    for form in forms {
        let (shape, numbers) = plugin.floats(&form);
        assert_eq!(shape, [2, 4], "{form}");
        assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "{form}");
    }
    for form in [
        json!({"a": 1, "b": 2, "c": 3, "d": true}),
        json!({"data": {"a": 1, "b": 2, "c": 3, "d": 1}}),
        json!([{"a": 1, "b": 2, "c": "3", "d": "1"}]),
        json!({"a": [1], "b": [2], "c": [3], "d": [true]}),
    ] {
        assert_eq!(
            plugin.floats(&form),
            (vec![1, 4], vec![1.0, 2.0, 3.0, 1.0]),
            "{form}"
        );
    }
}

#[test]
fn a_column_called_data_is_a_column() {
    let model = model(&[port("X", "f32", &[-1, 1])], &[]);
    let plugin = plugin(json!({"columns": ["data"]}), &model);
    assert_eq!(
        plugin.floats(&json!({"data": [3, 4]})),
        (vec![2, 1], vec![3.0, 4.0])
    );
    assert_eq!(plugin.floats(&json!({"data": 3})), (vec![1, 1], vec![3.0]));
}

#[test]
fn columns_are_scaled_filled_and_encoded_as_configured() {
    let model = model(&[port("X", "f32", &[-1, 6])], &[]);
    let plugin = plugin(
        json!({"columns": [
            {"name": "age", "mean": 40, "std": 10, "missing": 50},
            {"name": "city", "categories": ["Rome", "Oslo"], "encoding": "one_hot", "missing": "Oslo"},
            {"name": "size", "categories": ["S", "M", "L"]},
            {"name": "year", "categories": [2020, 2021]},
            "rate",
        ]}),
        &model,
    );
    let rows = json!([
        {"age": 30, "city": "Rome", "size": "L", "year": 2021, "rate": 0.5},
        {"age": null, "city": "", "size": " M ", "year": "2020", "rate": "1e-1"},
        {"city": "Oslo", "size": "S", "year": 2020.0, "rate": -7},
    ]);
    let (shape, numbers) = plugin.floats(&rows);
    assert_eq!(shape, [3, 6]);
    assert_eq!(numbers[..6], [-1.0, 1.0, 0.0, 2.0, 1.0, 0.5]);
    assert_eq!(numbers[6..12], [1.0, 0.0, 1.0, 1.0, 0.0, 0.1]);
    assert_eq!(numbers[12..], [1.0, 0.0, 1.0, 0.0, 0.0, -7.0]);
}

/// As skl2onnx exports a pipeline with a column transformer.
#[test]
fn a_model_with_an_input_for_each_column_gets_one_tensor_for_each() {
    let model = model(
        &[
            port("age", "s64", &[-1, 1]),
            port("sepal_length__cm_", "f32", &[-1, 1]),
            port("city", "text", &[-1, 1]),
            port("member", "boolean", &[-1]),
        ],
        &[],
    );
    let plugin = plugin(
        json!({"columns": ["age", "sepal length (cm)", {"name": "city", "missing": "none"}, "member"]}),
        &model,
    );
    let tensors = plugin.tensors(&json!({
        "age": [30, "31"], "sepal length (cm)": [5.1, 4.9], "city": ["Rome", null], "member": [true, 0],
    }));
    let names: Vec<_> = tensors.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["age", "sepal_length__cm_", "city", "member"]);
    let data = |i: usize| &tensors.0[i].1.data;
    assert_eq!(data(0), &Data::S64(vec![30, 31]));
    assert_eq!(data(1), &Data::F32(vec![5.1, 4.9]));
    assert_eq!(data(2), &Data::Text(vec!["Rome".into(), "none".into()]));
    assert_eq!(data(3), &Data::Boolean(vec![1, 0]));
    let shapes: Vec<_> = tensors
        .0
        .iter()
        .map(|(_, tensor)| tensor.shape.as_slice())
        .collect();
    assert_eq!(shapes, [&[2, 1][..], &[2, 1], &[2, 1], &[2]]);
}

#[test]
fn without_columns_a_model_with_several_inputs_says_them_itself() {
    let model = model(
        &[port("age", "f64", &[-1, 1]), port("city", "text", &[-1, 1])],
        &[],
    );
    let plugin = plugin(Value::Null, &model);
    let tensors = plugin.tensors(&json!([{"city": "Rome", "age": 0.1}]));
    assert_eq!(tensors.0[0].1.data, Data::F64(vec![0.1]));
    assert_eq!(tensors.0[1].1.data, Data::Text(vec!["Rome".into()]));
}

#[test]
fn columns_come_from_config_json_or_from_the_width_of_the_tensor() {
    let sklearn = json!({"sklearn": {
        "columns": ["Length1", "Length2", "Height", "Width"],
        "example_input": {"Length1": [23.2], "Length2": [25.4], "Height": [11.52], "Width": [4.02]},
        "model_format": "pickle", "task": "tabular-regression",
    }});
    let table =
        json!({"Height": ["11.52"], "Length1": ["23.2"], "Length2": ["25.4"], "Width": ["4.02"]});
    let plugin = init(&Value::Null, Some(&sklearn), &regressor()).expect("a right file");
    assert_eq!(plugin.floats(&table).1, [23.2, 25.4, 11.52, 4.02]);
    let own = json!({"columns": ["w", "x", "y", "z"]});
    let plugin = init(&Value::Null, Some(&own), &regressor()).expect("a right file");
    assert_eq!(
        plugin.floats(&json!({"w": 1, "x": 2, "y": 3, "z": 4})).1,
        [1.0, 2.0, 3.0, 4.0]
    );
    let other = json!({"columns": 3, "model_type": "mlp"});
    let plugin = init(&Value::Null, Some(&other), &regressor()).expect("a right file");
    assert_eq!(
        plugin
            .floats(&json!({"x0": 1, "x1": 2, "x2": 3, "x3": 4}))
            .1,
        [1.0, 2.0, 3.0, 4.0]
    );
}

#[test]
fn whole_numbers_go_into_tensors_of_whole_numbers() {
    for (dtype, least, most) in [
        ("s8", -128_i64, 127_i64),
        ("u8", 0, 255),
        ("s32", i64::from(i32::MIN), i64::from(i32::MAX)),
        ("s64", -1_000_000_000_000_000, 1_000_000_000_000_000),
    ] {
        let model = model(&[port("X", dtype, &[-1, 1])], &[]);
        let plugin = plugin(json!({"columns": ["n"]}), &model);
        let tensors = plugin.tensors(&json!({"n": [least, most, 7.0]}));
        assert_eq!(
            (tensors.0[0].1.data.dtype(), &tensors.0[0].1.shape),
            (dtype, &vec![3, 1])
        );
        for wrong in [json!(0.5), json!("1.5"), json!(least - 1), json!(most + 1)] {
            let message = plugin.refusal(&json!({"n": [1, wrong]}));
            assert!(
                message.starts_with("/inputs/n/1: must be "),
                "{dtype}: {message}"
            );
        }
    }
}

#[test]
fn parameters_are_left_to_the_other_stage() {
    let plugin = named();
    let body = json!({"inputs": {"a": 1, "b": 2, "c": 3, "d": 4}, "parameters": {"top_k": 1}});
    assert!(plugin.ask(&body.to_string()).is_ok());
}
