//! Every kind of picture is decoded and turned as Pillow does it.

mod common;

use common::{Plugin, expected, fixture, fnv};
use serde_json::json;

/// PNG and WebP lose nothing on the way: every byte is Pillow's.
#[test]
fn png_and_webp_are_decoded_to_the_byte() {
    let plugin = Plugin::of_pixels(&json!({"size": "none", "layout": "nhwc"}));
    let cases = expected("exact");
    let cases = cases.as_object().expect("cases by file");
    assert_eq!(cases.len(), 14);
    for (name, case) in cases {
        let (shape, pixels) = plugin.pixels(&fixture(name));
        assert_eq!(json!(shape[1..3]), case["size"], "{name}");
        assert_eq!(json!(fnv(&pixels)), case["fnv"], "{name}");
    }
}

/// JPEG decoders differ in the last bits; what is left of that after resizing is 1 level of 255.
#[test]
fn jpeg_is_decoded_within_a_level_of_libjpeg() {
    let plain = Plugin::of_pixels(&json!({"size": "none", "layout": "nhwc"}));
    let size = json!({"size": {"height": 6, "width": 8}, "layout": "nhwc"});
    let small = Plugin::of_pixels(&size);
    let cases = expected("near");
    let cases = cases.as_object().expect("cases by file");
    assert_eq!(cases.len(), 6);
    for (name, case) in cases {
        let (shape, _) = plain.pixels(&fixture(name));
        assert_eq!(json!(shape[1..3]), case["size"], "{name}");
        let (_, pixels) = small.pixels(&fixture(name));
        let wanted = case["pixels"].as_array().expect("pixels");
        assert_eq!(pixels.len(), wanted.len());
        for (pixel, wanted) in pixels.iter().zip(wanted) {
            let wanted = wanted.as_u64().expect("a level");
            assert!(
                u64::from(*pixel).abs_diff(wanted) <= 1,
                "{name}: {pixel} {wanted}"
            );
        }
    }
}

#[test]
fn a_picture_in_base64_is_the_same_picture() {
    use base64::Engine as _;
    let plugin = Plugin::of_pixels(&json!({"size": 8}));
    let picture = fixture("lossless.webp");
    let text = base64::prelude::BASE64_STANDARD.encode(&picture);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    let forms = [
        text.clone(),
        text.trim_end_matches('=').to_owned(),
        text.replace('+', "-").replace('/', "_"),
        lines.join("\n"),
        format!("data:image/webp;base64,{text}"),
        format!("data:text/plain;charset=utf-8;base64,{text}"),
    ];
    let raw = plugin.ask("image/png", &picture).expect("a picture");
    assert_eq!(raw.context, b"1");
    for form in forms {
        let body = json!({"inputs": form, "parameters": {"top_k": 3}}).to_string();
        let answer = plugin
            .ask("application/json", body.as_bytes())
            .expect("a picture");
        assert_eq!(answer, raw, "{form}");
    }
    let escaped = format!("{{\"inputs\": \"{}\"}}", text.replace('/', "\\/"));
    let answer = plugin.ask("application/json", escaped.as_bytes());
    assert_eq!(answer, Ok(raw));
}

#[test]
fn a_list_of_pictures_is_one_tensor_with_a_row_for_each() {
    use base64::Engine as _;
    let plugin = Plugin::of_pixels(&json!({"size": 8}));
    let text = |name| base64::prelude::BASE64_STANDARD.encode(fixture(name));
    let names = ["rgb.png", "grey.jpg", "turned.webp"];
    let body = json!({"inputs": names.map(text)}).to_string();
    let answer = plugin
        .ask("application/json", body.as_bytes())
        .expect("pictures");
    assert_eq!(answer.context, b"n");
    let (name, tensor) = &answer.tensors.0[0];
    assert_eq!(
        (name.as_str(), tensor.shape.as_slice()),
        ("pixel_values", [3, 3, 8, 8].as_slice())
    );
    let alone: Vec<u8> = names
        .iter()
        .flat_map(|name| plugin.pixels(&fixture(name)).1)
        .collect();
    assert_eq!(tensor.data, modelhost_plugin::Data::U8(alone));
    let one = json!({"inputs": [text("rgb.png")]}).to_string();
    let one = plugin
        .ask("application/json", one.as_bytes())
        .expect("a picture");
    assert_eq!(one.context, b"n");
}
