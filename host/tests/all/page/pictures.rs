//! The page of a model that reads pictures: files of both kinds, and what it refuses.
//! Knows the page's ids and the answers of the test models.

use base64::Engine as _;

use super::{answers, assert_silent, await_answer_after, bars, labels, photograph, predict, visit};
use crate::tasks::models;

const INPUT: &str = "#f-inputs";
const CHOSEN: &str = "return document.querySelector('.picture-preview img')?.naturalWidth > 0";
const LINES: &str = "task: image-classification
preprocess: { plugin: resize-image }
postprocess: { plugin: label-image }
limits: { body_bytes: 8388608, plugin: { memory_mib: 256, deadline_ms: 20000 } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_png_is_shown_with_its_labels() {
    let visit = visit("tiny-image", "onnx/model.onnx", LINES).await;
    let browser = &visit.browser;
    let file = models().join("tiny-image/green.png");
    browser.choose(INPUT, &file).await;
    browser.wait_until("the picture is shown", CHOSEN).await;
    predict(browser).await;

    let bytes = std::fs::read(file).expect("host/tests/models.sh made it");
    let answer = visit.server.send("/", "image/png", bytes).await;
    assert_eq!(bars(browser).await, labels(&answer.json()));
    assert_eq!(bars(browser).await[0].0, "green");
    let count = browser.text("#fields .drop .count").await;
    assert!(count.starts_with("green.png, "), "{count}");
    photograph(browser, "image-classification").await;
    assert_silent(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jpeg_of_a_page_on_its_side_is_turned() {
    let visit = visit("orientation", "model.onnx", LINES).await;
    let browser = &visit.browser;
    let file = models().join("orientation/page-90.jpg");
    browser.choose(INPUT, &file).await;
    browser.wait_until("the picture is shown", CHOSEN).await;
    predict(browser).await;

    let bytes = std::fs::read(file).expect("host/tests/models.sh made it");
    let answer = visit.server.send("/", "image/jpeg", bytes).await;
    assert_eq!(bars(browser).await, labels(&answer.json()));
    assert_eq!(bars(browser).await[0].0, "270");
    photograph(browser, "image-classification-jpeg").await;
    assert_silent(browser).await;
}

/// What the server would refuse for its pixels is sent with fewer, and the answer stays that of the whole picture.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_too_many_pixels_is_made_smaller() {
    let lines = LINES.replace(
        "plugin: resize-image",
        "plugin: resize-image, config: { max_pixels: 100000 }",
    );
    let visit = visit("orientation", "model.onnx", &lines).await;
    let browser = &visit.browser;
    let file = models().join("orientation/page-90.jpg");
    let bytes = std::fs::read(&file).expect("host/tests/models.sh made it");
    visit
        .server
        .send("/", "image/jpeg", bytes)
        .await
        .refusal(422);

    browser.choose(INPUT, &file).await;
    browser.wait_until("the picture is shown", CHOSEN).await;
    predict(browser).await;
    assert_eq!(bars(browser).await[0].0, "270");
    let count = browser.text("#fields .drop .count").await;
    assert!(count.contains("made smaller"), "{count}");
    photograph(browser, "image-classification-smaller").await;
    assert_silent(browser).await;
}

/// Said at the field, and the picture that was there before stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_picture_is_refused_at_its_field() {
    let visit = visit("tiny-image", "onnx/model.onnx", LINES).await;
    let browser = &visit.browser;
    browser
        .choose(INPUT, &models().join("tiny-image/red.png"))
        .await;
    browser.wait_until("the picture is shown", CHOSEN).await;
    browser
        .choose(INPUT, &models().join("tiny-image/config.json"))
        .await;
    let shown = "return !document.querySelector('#f-inputs-error').hidden";
    browser.wait_until("the field shows an error", shown).await;
    let said = browser.text("#f-inputs-error").await;
    assert!(said.contains("config.json"), "{said}");
    assert_eq!(browser.execute(CHOSEN).await, true);
    photograph(browser, "image-refusal").await;
    assert_silent(browser).await;
}

/// Its card shows the picture, and a page with examples opens with the answer to the first.
#[tokio::test(flavor = "multi_thread")]
async fn an_example_of_a_picture_is_shown_and_answered() {
    let picture = |name: &str| {
        let file = models().join("tiny-image").join(name);
        let bytes = std::fs::read(file).expect("host/tests/models.sh made it");
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let example = |name: &str, file: &str| {
        format!(
            "\n  - {{ name: {name}, request: {{ inputs: {} }} }}",
            picture(file)
        )
    };
    let examples = [
        example("A meadow", "green.png"),
        example("The sea", "blue.png"),
    ]
    .concat();
    let lines = format!("{LINES}\nexamples:{examples}");
    let visit = visit("tiny-image", "onnx/model.onnx", &lines).await;
    let browser = &visit.browser;
    await_answer_after(browser, 0).await;
    assert_eq!(bars(browser).await[0].0, "green");

    let before = answers(browser).await;
    browser.click("#examples .example:last-child").await;
    await_answer_after(browser, before).await;
    assert_eq!(bars(browser).await[0].0, "blue");
    let thumbs = "return [...document.querySelectorAll('#examples .thumb')].every((one) => one.naturalWidth > 0)";
    assert_eq!(browser.execute(thumbs).await, true);
    photograph(browser, "image-examples").await;
    assert_silent(browser).await;
}
