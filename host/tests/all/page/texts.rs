//! The page of models that label texts: bars for a text, marks for its words.
//! Knows the page's ids and the answers of the test models.

use serde_json::{Value, json};

use super::{
    answers, assert_silent, await_answer_after, bars, labels, lines_of_texts, photograph, plain,
    predict, visit,
};
use crate::webdriver::{Browser, CTRL_ENTER};

const INPUT: &str = "#f-inputs";

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_text_gets_its_labels_by_ctrl_enter() {
    let visit = visit(
        "tiny-sentiment",
        "onnx/model.onnx",
        &lines_of_texts("text-classification", "label-text"),
    )
    .await;
    let browser = &visit.browser;
    let text = "The juice is wonderful.";
    browser.write(INPUT, text).await;
    let before = answers(browser).await;
    browser.keys(INPUT, CTRL_ENTER).await;
    await_answer_after(browser, before).await;

    let answer = visit.server.post("/", &json!({"inputs": text})).await;
    assert_eq!(bars(browser).await, labels(&answer.json()[0]));
    let headline = browser.text("#answer .headline").await;
    assert!(headline.starts_with("POSITIVE"), "{headline}");
    photograph(browser, "text-classification").await;
    assert_silent(browser).await;
}

/// One block of bars for each line, in the order of the lines.
#[tokio::test(flavor = "multi_thread")]
async fn texts_one_a_line_are_labelled_one_by_one() {
    let visit = visit(
        "tiny-sentiment",
        "onnx/model.onnx",
        &lines_of_texts("text-classification", "label-text"),
    )
    .await;
    let browser = &visit.browser;
    browser.click("#f-inputs-lines").await;
    browser
        .write(
            INPUT,
            "What a terrible film!\nfresh bread and lovely service\n",
        )
        .await;
    predict(browser).await;

    let shown = browser
        .execute(
            "return [...document.querySelectorAll('#details .block')].map((block) =>
               [block.querySelector('h3').textContent, block.querySelector('.bars .name').textContent])",
        )
        .await;
    assert_eq!(
        shown,
        json!([
            ["What a terrible film!", "NEGATIVE"],
            ["fresh bread and lovely service", "POSITIVE"],
        ])
    );
    photograph(browser, "text-classification-lines").await;
    assert_silent(browser).await;
}

/// The marks in the text are the rows of the table, in their order.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_marked_in_the_text_and_listed() {
    let visit = visit(
        "rampart",
        "onnx/model.onnx",
        &lines_of_texts("token-classification", "label-tokens"),
    )
    .await;
    let browser = &visit.browser;
    let text = "My name is Alex Rivera and my SSN is 472-81-0094.";
    browser.write(INPUT, text).await;
    predict(browser).await;

    let marks = browser
        .execute(
            "return [...document.querySelectorAll('#details mark')].map((mark) =>
               [mark.firstChild.textContent, mark.dataset.label])",
        )
        .await;
    let rows = browser
        .execute(
            "return [...document.querySelectorAll('#entities tbody tr')].map((row) =>
               [row.querySelector('th[scope=row]').textContent, row.querySelector('td.words').textContent])",
        )
        .await;
    assert_eq!(marks, rows);
    let answer = visit
        .server
        .post("/", &json!({"inputs": text}))
        .await
        .json();
    let found: Vec<Value> = answer
        .as_array()
        .expect("entities")
        .iter()
        .map(|one| json!([one["word"], one["entity_group"]]))
        .collect();
    assert_eq!(rows, json!(found));
    assert_eq!(rows[0], json!(["Alex", "GIVEN_NAME"]));
    let around = browser
        .execute(
            "const text = document.querySelector('#details .marked').cloneNode(true);
             text.querySelectorAll('.tag').forEach((tag) => tag.remove());
             return text.textContent",
        )
        .await;
    assert_eq!(around, json!(text));
    photograph(browser, "token-classification").await;
    assert_silent(browser).await;
}

/// A parameter of two names has one field, and words of two spellings one option each.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_asks_for_nothing_twice() {
    let visit = visit(
        "tiny-sentiment",
        "onnx/model.onnx",
        &lines_of_texts("text-classification", "label-text"),
    )
    .await;
    let browser = &visit.browser;
    browser.click(".fold summary").await;
    let fields = "return [...document.querySelectorAll('#fields [data-pointer]')].map(({ dataset: { pointer } }) => pointer)";
    assert_eq!(
        browser.execute(fields).await,
        json!([
            "/inputs",
            "/parameters/top_k",
            "/parameters/function_to_apply",
            "/parameters/max_length",
            "/parameters/truncation",
            "/parameters/truncation_direction",
        ])
    );
    let options = "return [...document.querySelector('#f-parameters-truncation_direction').options].map(({ text }) => text)";
    assert_eq!(browser.execute(options).await, json!(["left", "right"]));
    photograph(browser, "text-parameters").await;
    assert_silent(browser).await;
}

/// Too many lines are refused in the server's words, and stay.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_texts_are_refused_at_their_field() {
    let lines = lines_of_texts("text-classification", "label-text")
        .replace("tokenize-text", "tokenize-text, config: { max_items: 2 }");
    let visit = visit("tiny-sentiment", "onnx/model.onnx", &lines).await;
    let browser = &visit.browser;
    let request = json!({"inputs": ["one", "two", "three"]});
    let (refusal, _, field) = visit.server.post("/predict", &request).await.refusal(422);
    assert_eq!(field, "/inputs");

    browser.click("#f-inputs-lines").await;
    browser.write(INPUT, "one\ntwo\nthree").await;
    browser.click("#predict").await;
    await_refusal(browser).await;
    let said = browser.text("#f-inputs-error").await;
    assert_eq!(plain(&said), plain(&refusal));
    let kept = "const field = document.querySelector('#f-inputs');
        return [field.value, field.getAttribute('aria-invalid')]";
    assert_eq!(
        browser.execute(kept).await,
        json!(["one\ntwo\nthree", "true"])
    );
    photograph(browser, "text-refusal").await;
}

async fn await_refusal(browser: &Browser) {
    let shown = "return !document.querySelector('#f-inputs-error').hidden";
    browser.wait_until("the field shows an error", shown).await;
}
