//! What an operator is told about a wrong configuration, file or model: always where, and what would be right.

mod common;

use common::{init, model};
use modelhost_plugin::{Port, Signature};
use serde_json::{Value, json};

fn refusal(config: Value, files: &[(&str, &Value)], model: &Signature) -> String {
    init(&config, files, model).err().expect("must be refused")
}

/// Of a configuration alone, for a model that takes anything.
fn wrong(config: Value) -> String {
    refusal(config, &[], &model("f32", &[-1, 3, -1, -1]))
}

/// Of a preprocessor_config.json alone.
fn wrong_file(file: Value) -> String {
    let model = model("f32", &[-1, 3, -1, -1]);
    refusal(Value::Null, &[("preprocessor_config.json", &file)], &model)
}

#[test]
fn without_any_file_the_sizes_and_colours_must_be_said() {
    assert_eq!(
        wrong(json!({})),
        "/size: is missing: neither the model's signature nor a `preprocessor_config.json` says how large pictures must be"
    );
    let message = wrong(json!({"size": 224}));
    assert!(
        message.starts_with("/mean: is missing with `std`: there is no `preprocessor_config.json`"),
        "{message}"
    );
    assert!(
        init(
            &json!({"size": 224, "mean": 0}),
            &[],
            &model("f32", &[-1, 3, -1, -1])
        )
        .is_ok()
    );
    assert!(init(&json!({"size": 224}), &[], &model("u8", &[-1, 3, -1, -1])).is_ok());
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_by_name() {
    assert!(
        wrong(json!({"sizes": 3})).starts_with("/sizes: is not a known field, expected one of")
    );
    assert!(
        wrong(json!({"size": {"heigth": 3}})).starts_with("/size/heigth: is not a known field")
    );
    assert!(wrong(json!({"size": "large"})).starts_with("/size: must be `none` or a value"));
    assert!(
        wrong(json!({"resample": "cubic"})).starts_with("/resample: must be `nearest`, `lanczos`")
    );
    assert!(wrong(json!({"layout": "chw"})).starts_with("/layout: must be"));
    assert!(wrong(json!({"mean": ["a"]})).starts_with("/mean/0: must be a number"));
    assert_eq!(
        wrong(json!({"channels": 4})),
        "/channels: must be 3 (colours) or 1 (grey)"
    );
    assert_eq!(
        wrong(json!({"max_pixels": 0})),
        "/max_pixels: must be between 1 and 1000000000"
    );
    assert_eq!(
        wrong(json!({"max_items": 0})),
        "/max_items: must be between 1 and 1000"
    );
    assert!(wrong(json!({"size": 8, "rescale": 0.0})).starts_with("/rescale: must be a factor"));
    let crop = json!({"size": 8, "mean": 0, "crop": {"shortest_edge": 3}});
    assert_eq!(
        wrong(crop),
        "/crop: must be a number, { height: , width: } or `none`"
    );
    assert_eq!(
        wrong(json!({"size": 8, "std": 0})),
        "/std: must not be 0: colours are divided by it"
    );
    assert_eq!(
        wrong(json!({"size": 8, "mean": [0, 1]})),
        "/mean: has 2 numbers; `pixel_values` has 3 channels"
    );
}

#[test]
fn a_step_that_is_not_done_is_refused_by_name() {
    let message = wrong_file(json!({"do_resize": true, "do_pad": true, "size": 8}));
    assert!(
        message.starts_with(
            "`preprocessor_config.json`: `do_pad` is a step that resize-image does not do"
        ),
        "{message}"
    );
    for fine in [
        json!({"do_pad": false}),
        json!({"do_pad": null}),
        json!({"pad_size": 3, "do_reduce_labels": true}),
    ] {
        let model = model("f32", &[-1, 3, -1, -1]);
        assert!(
            init(&Value::Null, &[("preprocessor_config.json", &fine)], &model).is_ok(),
            "{fine}"
        );
    }
}

#[test]
fn a_wrong_file_is_named_with_its_field() {
    assert_eq!(
        wrong_file(json!({"size": {"max_height": 3}})),
        "`preprocessor_config.json`: /size/max_height is not a known field, expected one of `height`, `width`, `shortest_edge`, `longest_edge`"
    );
    assert!(
        wrong_file(json!({"resample": 9}))
            .starts_with("`preprocessor_config.json`: /resample must be")
    );
    assert!(wrong_file(json!([])).starts_with("`preprocessor_config.json`: must be an object"));
    assert_eq!(
        wrong_file(json!({"image_mean": [1, 2]})),
        "/mean: has 2 numbers; `pixel_values` has 3 channels"
    );
    let convnext =
        json!({"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": 0});
    assert!(
        wrong_file(convnext).starts_with("`preprocessor_config.json`: /crop_pct must be a share")
    );
    let timm = json!({"pretrained_cfg": {"crop_mode": "border"}});
    let message = refusal(
        Value::Null,
        &[("config.json", &timm)],
        &model("f32", &[-1, 3, -1, -1]),
    );
    assert!(
        message.starts_with(
            "`config.json`: /pretrained_cfg/crop_mode `border` is not what resize-image does"
        ),
        "{message}"
    );
}

#[test]
fn sizes_that_the_signature_contradicts_are_refused() {
    let file = json!({"image_processor_type": "ViTImageProcessor", "size": 384});
    let files = [("preprocessor_config.json", &file)];
    assert_eq!(
        refusal(Value::Null, &files, &model("f32", &[-1, 3, 224, 224])),
        "/size: makes pictures of 384 × 384, but `pixel_values` takes pictures of 224 × 224 (height × width); set `size`, and `crop` if one is needed"
    );
    let message = refusal(
        json!({"size": {"shortest_edge": 224}}),
        &files,
        &model("f32", &[-1, 3, -1, 224]),
    );
    assert!(
        message.starts_with(
            "/size: keeps each picture's shape, but `pixel_values` takes pictures of any × 224"
        ),
        "{message}"
    );
    assert!(
        init(
            &json!({"size": 224}),
            &files,
            &model("f32", &[-1, 3, 224, 224])
        )
        .is_ok()
    );
}

#[test]
fn tensors_that_no_picture_becomes_are_refused() {
    let config = || json!({"size": 8, "mean": 0});
    let shaped = |dtype: &str, shape: &[i64]| refusal(config(), &[], &model(dtype, shape));
    assert_eq!(
        shaped("s64", &[-1, 3, 8, 8]),
        "/tensor: `pixel_values` is s64; pictures become f32, f64, f16, bf16 or u8"
    );
    assert!(
        shaped("f32", &[3, 8, 8])
            .starts_with("/tensor: `pixel_values` has 3 axes; pictures need 4")
    );
    assert!(
        shaped("f32", &[-1, 4, 8, 8]).starts_with("/layout: `pixel_values` would have 4 channels")
    );
    let grey = refusal(
        json!({"size": 8, "mean": 0, "channels": 1}),
        &[],
        &model("f32", &[-1, 3, 8, 8]),
    );
    assert_eq!(grey, "/channels: is 1, but `pixel_values` has 3");
    let raw = refusal(
        json!({"size": 8, "mean": 0}),
        &[],
        &model("u8", &[-1, 3, 8, 8]),
    );
    assert!(
        raw.starts_with("/mean: must be left out with `rescale` and `std`: the tensor is u8"),
        "{raw}"
    );
    let large = refusal(
        json!({"size": 4000, "mean": 0}),
        &[],
        &model("f32", &[-1, 3, -1, -1]),
    );
    assert!(
        large.starts_with("/size: makes a tensor of more than 31 MiB"),
        "{large}"
    );
    let many = refusal(
        json!({"size": 1000, "mean": 0, "max_items": 9}),
        &[],
        &model("f32", &[-1, 3, -1, -1]),
    );
    assert_eq!(
        many,
        "/max_items: is 9, but `pixel_values` takes at most 2 such pictures at once"
    );
    let fixed = refusal(
        json!({"size": 8, "mean": 0, "max_items": 2}),
        &[],
        &model("f32", &[1, 3, 8, 8]),
    );
    assert_eq!(
        fixed,
        "/max_items: is 2, but `pixel_values` takes at most 1 such pictures at once"
    );
}

#[test]
fn a_model_with_several_inputs_is_refused_with_their_names() {
    let mut clip = model("f32", &[-1, 3, -1, -1]);
    clip.inputs.push(Port {
        name: "input_ids".into(),
        dtype: "s64".into(),
        shape: None,
    });
    let message = refusal(json!({"size": 8, "mean": 0}), &[], &clip);
    assert!(message.starts_with("/tensor: resize-image fills one tensor, and the model takes more: pixel_values, input_ids"), "{message}");
    let message = refusal(
        json!({"tensor": "image"}),
        &[],
        &model("f32", &[-1, 3, -1, -1]),
    );
    assert_eq!(
        message,
        "/tensor: must name the model's input for pictures; it has: pixel_values"
    );
}
