//! Pictures are resized as Pillow resizes them, and become the numbers that transformers makes of them.

mod common;

use common::{Plugin, expected, fixture, fnv, init, model};
use modelhost_plugin::{Data, Tensor};
use serde_json::{Value, json};

/// Every filter, up, down and both, in colour and in grey.
#[test]
fn every_filter_resizes_to_the_byte() {
    let picture = fixture("rgb.png");
    let cases = expected("resized");
    let cases = cases.as_array().expect("cases");
    assert_eq!(cases.len(), 96);
    for case in cases {
        let plugin = Plugin::of_pixels(&json!({
            "size": {"height": case["height"], "width": case["width"]},
            "resample": case["resample"],
            "channels": case["channels"],
            "layout": "nhwc",
        }));
        let (shape, pixels) = plugin.pixels(&picture);
        assert_eq!(
            json!(shape),
            json!([1, case["height"], case["width"], case["channels"]])
        );
        assert_eq!(json!(fnv(&pixels)), case["fnv"], "{case}");
    }
}

fn floats(tensor: Tensor) -> (Vec<u32>, Vec<f32>) {
    match tensor.data {
        Data::F32(numbers) => (tensor.shape, numbers),
        other => panic!("must be f32, not {}", other.dtype()),
    }
}

/// preprocessor_config.json alone, in the forms that public repositories have.
#[test]
fn every_image_processor_makes_the_numbers_of_transformers() {
    let picture = fixture("rgb.png");
    let cases = expected("processed");
    let cases = cases.as_array().expect("cases");
    assert_eq!(cases.len(), 17);
    for case in cases {
        let config = json!({"model_type": case["model_type"]});
        let files = [
            ("preprocessor_config.json", &case["file"]),
            ("config.json", &config),
        ];
        let model = model("f32", &[-1, 3, -1, -1]);
        let plugin = init(&Value::Null, &files, &model).expect("a right file");
        let (shape, numbers) = floats(plugin.tensor(&picture));
        assert_eq!(json!(shape), case["shape"], "{case}");
        let step = case["step"].as_u64().expect("a step") as usize;
        let values = case["values"].as_array().expect("values");
        for (number, value) in numbers.iter().step_by(step).zip(values) {
            let value = value.as_f64().expect("a number");
            assert!(
                (f64::from(*number) - value).abs() < 2e-6,
                "{number} {value} {case}"
            );
        }
        let sum: f64 = numbers.iter().copied().map(f64::from).sum();
        let wanted = case["sum"].as_f64().expect("a sum");
        assert!(
            (sum - wanted).abs() < 1e-6 * numbers.len() as f64,
            "{sum} {case}"
        );
    }
}

#[test]
fn a_timm_model_is_read_from_its_config() {
    let timm = json!({"architecture": "resnet18", "pretrained_cfg": {
        "input_size": [3, 20, 20], "interpolation": "bicubic", "crop_pct": 0.8, "crop_mode": "center",
        "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0],
    }});
    let said = json!({
        "size": {"shortest_edge": 25}, "crop": 20, "resample": "bicubic", "mean": 0, "std": 1,
    });
    let model = model("f32", &[-1, 3, 20, 20]);
    let read = init(&Value::Null, &[("config.json", &timm)], &model).expect("timm's file");
    let written = init(&said, &[], &model).expect("the same by hand");
    // 25 rows lose 5 to the crop and 32 columns 12, so both libraries cut alike.
    let picture = fixture("rgb.png");
    assert_eq!(read.tensor(&picture), written.tensor(&picture));
}

#[test]
fn the_configuration_weighs_more_than_the_file() {
    let file = json!({"image_processor_type": "CLIPImageProcessor"});
    let config = json!({
        "size": {"height": 4, "width": 5}, "rescale": "none", "mean": [1, 2, 3], "std": 2, "order": "bgr",
        "layout": "nhwc", "resample": "nearest",
    });
    let model = model("f32", &[1, -1, -1, 3]);
    let plugin = init(&config, &[("preprocessor_config.json", &file)], &model).expect("both");
    let (shape, numbers) = floats(plugin.tensor(&fixture("rgb.png")));
    assert_eq!(shape, [1, 4, 5, 3]);
    let pixels = Plugin::of_pixels(&json!({
        "size": {"height": 4, "width": 5}, "layout": "nhwc", "resample": "nearest",
    }));
    let (_, pixels) = pixels.pixels(&fixture("rgb.png"));
    for (numbers, pixel) in numbers.chunks_exact(3).zip(pixels.chunks_exact(3)) {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        assert_eq!(
            numbers,
            [(blue - 1.0) / 2.0, (green - 2.0) / 2.0, (red - 3.0) / 2.0]
        );
    }
}

#[test]
fn the_signature_decides_size_layout_channels_and_dtype() {
    let config = json!({"mean": 0, "std": 1});
    let picture = fixture("rgb.png");
    let shape = |dtype, dims: &[i64], config: &Value| {
        let plugin = init(config, &[], &model(dtype, dims)).expect("a right signature");
        let tensor = plugin.tensor(&picture);
        assert_eq!(tensor.data.dtype(), dtype);
        tensor.shape
    };
    assert_eq!(shape("f32", &[-1, 3, 7, 9], &config), [1, 3, 7, 9]);
    assert_eq!(shape("f16", &[-1, 7, 9, 3], &config), [1, 7, 9, 3]);
    assert_eq!(shape("bf16", &[1, 1, 28, 28], &config), [1, 1, 28, 28]);
    assert_eq!(shape("f64", &[-1, 28, 28, 1], &config), [1, 28, 28, 1]);
    assert_eq!(
        shape("u8", &[-1, 224, 224, 3], &json!({})),
        [1, 224, 224, 3]
    );
}

#[test]
fn sixteen_bit_floats_are_the_rounded_numbers() {
    let config = json!({"size": 9, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]});
    let tensor = |dtype| {
        let plugin = init(&config, &[], &model(dtype, &[-1, 3, -1, -1])).expect("right");
        plugin.tensor(&fixture("rgb.png"))
    };
    let (_, numbers) = floats(tensor("f32"));
    let (Data::F16(halves), Data::Bf16(brains)) = (tensor("f16").data, tensor("bf16").data) else {
        panic!("the dtypes of the signature");
    };
    for ((number, half), brain) in numbers.iter().zip(halves).zip(brains) {
        let exponent = i32::from(half >> 10 & 31);
        let fraction = f32::from(half & 1023) / 1024.0;
        let size = match exponent {
            0 => fraction * 2.0_f32.powi(-14),
            _ => (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
        };
        assert!(
            (size - number.abs()).abs() <= number.abs() / 2048.0 + 1e-7,
            "{number} {half:x}"
        );
        let brain = f32::from_bits(u32::from(brain) << 16);
        assert!(
            (brain - number).abs() <= number.abs() / 256.0,
            "{number} {brain}"
        );
    }
}
