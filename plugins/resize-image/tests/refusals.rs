//! What a caller is told about a wrong picture or body, and that nothing that is sent makes the plugin fail.

mod common;

use base64::Engine as _;
use common::{Plugin, fixture};
use serde_json::json;

const JSON: &str = "application/json";

fn plugin() -> Plugin {
    Plugin::of_pixels(
        &json!({"size": {"shortest_edge": 9}, "crop": 8, "max_pixels": 100_000, "max_items": 2}),
    )
}

fn text(bytes: &[u8]) -> String {
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// Bytes 16 to 24 of a PNG are its size; the checksum behind them is made right again.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut png = fixture("rgb.png");
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = u32::MAX;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ ((crc & 1) * 0xedb8_8320);
        }
    }
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let plugin = plugin();
    assert_eq!(
        plugin.refusal("image/png", &png_of(50_000, 50_000)),
        "/inputs: has 50000 × 50000 pixels, which is more than 100000 in all; send a smaller picture"
    );
    assert!(
        plugin
            .refusal("image/png", &png_of(u32::MAX >> 1, 1))
            .contains("no edge may be longer than 65535")
    );
    let mut jpeg = fixture("colour.jpg");
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .expect("a frame header");
    jpeg[frame + 5..frame + 9].fill(0xff);
    assert!(
        plugin
            .refusal("image/jpeg", &jpeg)
            .contains("has 65535 × 65535 pixels, which is more than")
    );
    let mut webp = fixture("lossy.webp");
    let frame = webp
        .windows(3)
        .position(|code| code == [0x9d, 1, 0x2a])
        .expect("a start code");
    webp[frame + 3..frame + 7].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    assert!(
        plugin
            .refusal("image/webp", &webp)
            .contains("has 16383 × 16383 pixels, which is more than")
    );
}

/// 61 × 47 pixels need 8.6 kB, and twice that where all passes are kept.
#[test]
fn memory_beside_the_pixels_counts_before_it_is_taken() {
    let plugin = Plugin::of_pixels(&json!({"size": 8, "max_pixels": 3000}));
    for fits in ["colour.jpg", "rgba.png", "grey.jpg"] {
        assert!(plugin.ask("image/*", &fixture(fits)).is_ok(), "{fits}");
    }
    for large in [
        "progressive.jpg",
        "interlaced.png",
        "lossy.webp",
        "lossless.webp",
    ] {
        let message = plugin.refusal("image/*", &fixture(large));
        assert!(
            message.contains("61 × 47 pixels in a form that takes"),
            "{large}: {message}"
        );
    }
}

/// Cut at every byte of the header and at many behind it; at none of them a panic or an answer.
#[test]
fn a_picture_that_is_cut_short_is_refused_wherever_it_is_cut() {
    let plugin = plugin();
    for name in [
        "colour.jpg",
        "progressive.jpg",
        "turned.jpg",
        "palette.png",
        "grey16.png",
        "lossy.webp",
        "animated.webp",
    ] {
        let whole = fixture(name);
        // The last bytes of a PNG or a container may hold nothing of the picture.
        let spare = if name.ends_with(".jpg") { 0 } else { 20 };
        let spare = if name == "animated.webp" {
            whole.len() / 2
        } else {
            spare
        };
        for end in some_of(whole.len() - spare, 50) {
            let message = plugin.refusal("image/*", &whole[..end]);
            assert!(message.starts_with("/inputs: "), "{name} {end}: {message}");
        }
    }
}

/// Every byte of the first hundreds, and some behind them.
fn some_of(length: usize, step: usize) -> impl Iterator<Item = usize> {
    let head = length.min(200);
    (0..head).chain((head..length).step_by(step))
}

/// Single bytes changed all over each file: refused or answered, never a panic or a fault of the plugin.
#[test]
fn a_corrupt_picture_never_makes_the_plugin_fail() {
    let plugin = plugin();
    let names = [
        "colour.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "turned.jpg",
        "grey.jpg",
        "palette.png",
        "black-white.png",
        "grey16.png",
        "lossy.webp",
        "turned.webp",
        "animated.webp",
    ];
    let mut refused = 0;
    for name in names {
        let whole = fixture(name);
        for place in some_of(whole.len(), 23) {
            for change in [0x01, 0xff] {
                let mut wrong = whole.clone();
                wrong[place] ^= change;
                match plugin.ask("image/*", &wrong) {
                    Ok(_) => {}
                    Err(modelhost_plugin::Error::Invalid(_)) => refused += 1,
                    Err(internal) => panic!("{name} {place}: {internal}"),
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn the_bytes_decide_and_not_the_content_type() {
    let plugin = plugin();
    assert!(plugin.ask("image/gif", &fixture("rgb.png")).is_ok());
    assert!(
        plugin
            .ask("application/octet-stream", &fixture("lossy.webp"))
            .is_ok()
    );
    assert_eq!(
        plugin.refusal("image/png", b"GIF89a\x01\0\x01\0"),
        "/inputs: is a picture of the kind GIF; send a JPEG, a PNG or a WebP"
    );
    assert!(
        plugin
            .refusal("image/png", b"")
            .starts_with("/inputs: is empty")
    );
    let base64 = text(&fixture("rgb.png"));
    assert!(
        plugin
            .refusal("image/png", base64.as_bytes())
            .contains("does not begin like any picture")
    );
}

#[test]
fn a_wrong_item_of_a_list_is_named_by_its_place() {
    let plugin = plugin();
    let right = text(&fixture("rgb.png"));
    let refusal = |inputs: serde_json::Value| {
        plugin.refusal(JSON, json!({"inputs": inputs}).to_string().as_bytes())
    };
    assert_eq!(
        refusal(json!([right, text(b"GIF89a")])),
        "/inputs/1: is a picture of the kind GIF; send a JPEG, a PNG or a WebP"
    );
    assert!(refusal(json!([right, "????"])).starts_with("/inputs/1: is not base64: "));
    assert!(
        refusal(json!([right, 7]))
            .starts_with("/inputs/1: must be a picture as base64 text, not integer `7`")
    );
    assert_eq!(
        refusal(json!([right, right, right])),
        "/inputs: has 3 pictures; send at most 2 at once"
    );
    assert_eq!(
        refusal(json!([])),
        "/inputs: is an empty list; send at least one picture"
    );
    assert!(refusal(json!("")).starts_with("/inputs: is empty"));
    assert!(
        refusal(json!({"image": right}))
            .starts_with("/inputs: must be a picture as base64 text, or a list of them")
    );
    assert_eq!(
        refusal(json!("https://example.com/a.png")),
        "/inputs: is a link; send the picture itself, as base64"
    );
    assert!(
        refusal(json!("data:image/svg+xml,<svg/>"))
            .starts_with("/inputs: is a data URI without `;base64,`")
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
        "\"x\"",
        "{}",
        "{\"input\": \"x\"}",
        "{\"inputs\": \"a\", \"inputs\": \"b\"}",
    ] {
        assert!(!plugin.refusal(JSON, body.as_bytes()).is_empty(), "{body}");
    }
    let deep = format!("{{\"inputs\": {}", "[".repeat(100_000));
    assert!(!plugin.refusal(JSON, deep.as_bytes()).is_empty());
    let long = json!({"inputs": "?".repeat(1_000_000)}).to_string();
    assert!(plugin.refusal(JSON, long.as_bytes()).len() < 1000);
}

#[test]
fn pictures_of_different_shapes_are_not_joined_where_shapes_are_kept() {
    let plugin = Plugin::of_pixels(&json!({"size": {"shortest_edge": 9}}));
    let (wide, tall) = (text(&fixture("rgb.png")), text(&fixture("turned.png")));
    let body = |inputs: serde_json::Value| json!({"inputs": inputs}).to_string();
    let message = plugin.refusal(JSON, body(json!([wide, tall])).as_bytes());
    assert!(
        message.starts_with("/inputs/1: becomes 9 × 11 pixels and the first picture 11 × 9"),
        "{message}"
    );
    assert!(
        plugin
            .ask(JSON, body(json!([wide, wide])).as_bytes())
            .is_ok()
    );
}

/// 1 × 20000 pixels with a shorter edge of 224 would be 4.5 million rows.
#[test]
fn an_elongated_picture_costs_no_more_than_what_is_used_of_it() {
    let mut pixels = Vec::new();
    let mut encoder = png::Encoder::new(&mut pixels, 1, 20_000);
    encoder.set_color(png::ColorType::Grayscale);
    let rows: Vec<u8> = (0..20_000_u32).map(|row| (row / 100) as u8).collect();
    encoder
        .write_header()
        .and_then(|mut png| png.write_image_data(&rows))
        .expect("a PNG");
    let cropped = Plugin::of_pixels(&json!({"size": {"shortest_edge": 224}, "crop": 4}));
    let (shape, middle) = cropped.pixels(&pixels);
    assert_eq!(shape, [1, 3, 4, 4]);
    assert!(
        middle.iter().all(|pixel| (99..=100).contains(pixel)),
        "{middle:?}"
    );
    let whole = Plugin::of_pixels(&json!({"size": {"shortest_edge": 224}}));
    let message = whole.refusal("image/png", &pixels);
    assert!(
        message.starts_with("/inputs: becomes 224 × 4480000 pixels, which is more"),
        "{message}"
    );
}
