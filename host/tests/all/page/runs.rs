//! Runs of one visit: cancelled, asked again, kept and compared, restored from a link, and carried over a swap.
//! Knows the page's ids and the answers of the test models.

use serde_json::json;

use super::{
    Visit, answers, assert_no_notice, assert_silent, await_answer_after, lines_of_texts,
    photograph, predict, visit,
};
use crate::server::{Server, demo};
use crate::webdriver::Browser;

const INPUT: &str = "#f-inputs";

/// What changed is said without keeping anything; kept runs stand beside the one in view.
#[tokio::test(flavor = "multi_thread")]
async fn runs_are_kept_and_compared() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    browser.write(INPUT, "The juice is wonderful.").await;
    predict(browser).await;
    browser.click("#keep").await;
    assert_eq!(browser.text("#keep").await, "Kept as A");
    browser.write(INPUT, "The juice is terrible.").await;
    predict(browser).await;

    let change = browser.text("#change").await;
    assert!(
        change.starts_with("Changed: “wonderful.” → “terrible.”. POSITIVE"),
        "{change}"
    );
    assert!(change.contains("→ NEGATIVE"), "{change}");
    let compared = browser
        .execute(
            "return [...document.querySelectorAll('#comparison tbody tr')].map((row) =>
               [row.querySelector('th').textContent, ...[...row.querySelectorAll('td[data-value]')].map(({ dataset: { value } }) => Number(value))])",
        )
        .await;
    let score = async |text: &str, label: &str| {
        let answer = visit
            .server
            .post("/", &json!({"inputs": text}))
            .await
            .json();
        let labels = answer[0].as_array().expect("labels").clone();
        let found = labels.iter().find(|one| one["label"] == label);
        found.expect("the label")["score"].clone()
    };
    let mut rows = Vec::new();
    for label in ["NEGATIVE", "POSITIVE"] {
        let now = score("The juice is terrible.", label).await;
        let then = score("The juice is wonderful.", label).await;
        rows.push(json!([label, now, then]));
    }
    assert_eq!(compared, json!(rows));
    photograph(browser, "runs-labels").await;

    let before = answers(browser).await;
    browser.click("#kept .kept-list li .quiet-button").await;
    await_answer_after(browser, before).await;
    assert_eq!(value(browser).await, json!("The juice is wonderful."));
    assert_eq!(browser.text("#keep").await, "Kept as A");
    assert_silent(browser).await;
}

/// A kept forecast is a dashed line in the chart of the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_forecast_is_drawn_beside_the_next() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    await_answer_after(&browser, 0).await;
    browser.click("#keep").await;
    let before = answers(&browser).await;
    browser
        .execute(
            "const horizon = document.querySelector('#f-parameters-horizon');
             horizon.value = 3;
             horizon.dispatchEvent(new Event('input', { bubbles: true }))",
        )
        .await;
    browser.click("#predict").await;
    await_answer_after(&browser, before).await;

    let change = browser.text("#change").await;
    assert!(
        change.starts_with("Changed: horizon 7 → 3. Total "),
        "{change}"
    );
    let drawn = "return document.querySelector('#chart svg .kept-line')?.getAttribute('d').split(/[ML]/).length === 4";
    browser.wait_until("the kept median is drawn", drawn).await;
    let same = "return [...document.querySelectorAll('#comparison tbody tr:nth-child(2) .delta')].map(({ textContent }) => textContent)";
    assert_eq!(browser.execute(same).await, json!(["same"]));
    photograph(&browser, "runs-forecast").await;
    assert_silent(&browser).await;
}

/// Another visitor who opens the link sees the same inputs and the same answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_restores_inputs_and_answer() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    let text = "Das Brötchen “is” wonderful & fresh ☺";
    browser.write(INPUT, text).await;
    browser
        .execute(
            "const top = document.querySelector('#f-parameters-top_k');
             top.value = 1;
             top.dispatchEvent(new Event('input', { bubbles: true }));
             navigator.clipboard.writeText = async (link) => { window.link = link; };",
        )
        .await;
    predict(browser).await;
    let headline = browser.text("#answer .headline").await;
    browser.click("#copy-link").await;
    browser
        .wait_until(
            "the link is copied",
            "return typeof window.link === 'string'",
        )
        .await;
    let link = browser.execute("return window.link").await;
    let link = link.as_str().expect("an address");
    assert!(
        link.starts_with(&format!("{}/?model=m#run=", visit.server.url)),
        "{link}"
    );

    let other = Browser::start(1280, 1400).await;
    other.open(link).await;
    await_answer_after(&other, 0).await;
    assert_eq!(value(&other).await, json!(text));
    assert_eq!(other.text("#answer .headline").await, headline);
    let bars = "return document.querySelectorAll('#details .bars li').length";
    assert_eq!(other.execute(bars).await, json!(1));
    assert_silent(&other).await;
    other.write(INPUT, "bad").await;
    assert_eq!(other.execute("return location.hash").await, json!(""));
}

/// It is said, and the page is the one that everybody sees.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_link_says_so() {
    let lines = format!(
        "{}\nexamples:\n  - {{ name: A good day, request: {{ inputs: The juice is wonderful. }} }}",
        lines_of_texts("text-classification", "label-text")
    );
    let visit = visit("tiny-sentiment", "onnx/model.onnx", &lines).await;
    let other = Browser::start(1280, 1400).await;
    other
        .open(&format!("{}/#run=hVRNa8MwDP0v", visit.server.url))
        .await;
    await_answer_after(&other, 0).await;
    let said = other.text("#remark").await;
    assert!(said.contains("damaged"), "{said}");
    assert_eq!(value(&other).await, json!("The juice is wonderful."));
    photograph(&other, "link-damaged").await;
    assert_silent(&other).await;
}

/// A prediction that takes long can be left, with the inputs as they were.
#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_is_cancelled() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    browser.write(INPUT, "What a terrible film!").await;
    for way in ["button", "key"] {
        visit.server.signal("STOP");
        browser.click("#predict").await;
        let waits = "return !document.querySelector('#cancel').hidden && document.querySelector('#result').getAttribute('aria-busy') === 'true'";
        browser.wait_until("the wait can be ended", waits).await;
        if way == "button" {
            photograph(browser, "waiting").await;
            browser.click("#cancel").await;
        } else {
            browser.keys(INPUT, "\u{E00C}").await;
        }
        let ended = "return document.querySelector('#cancel').hidden && document.querySelector('#waiting').textContent.startsWith('Cancelled')";
        browser.wait_until("the wait has ended", ended).await;
        visit.server.signal("CONT");
        assert_eq!(value(browser).await, json!("What a terrible film!"));
    }
    predict(browser).await;
    assert!(
        browser
            .text("#answer .headline")
            .await
            .starts_with("NEGATIVE")
    );
}

/// A server that has no time says when to ask again, and the page does.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    browser.write(INPUT, "What a terrible film!").await;
    browser
        .execute(
            "const ask = window.fetch;
             let refusals = 1;
             window.fetch = (url, options) => (options?.method === 'POST' && refusals-- > 0
               ? Promise.resolve(new Response(JSON.stringify({ error: 'the queue is full', error_type: 'overloaded' }), { status: 429, headers: { 'retry-after': '1' } }))
               : ask(url, options));",
        )
        .await;
    let before = answers(browser).await;
    browser.click("#predict").await;
    let told =
        "return document.querySelector('#form-alert').textContent.includes('asks again in 1 s')";
    browser
        .wait_until("the page says when it asks again", told)
        .await;
    await_answer_after(browser, before).await;
    assert!(
        browser
            .text("#answer .headline")
            .await
            .starts_with("NEGATIVE")
    );
    assert_eq!(browser.text("#form-alert").await, "");
    assert_silent(browser).await;
}

/// A swap that changes the form keeps what was typed, half a row included, and predicts nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_a_swap() {
    let lines = |columns: &str| {
        let stage = format!("{{ plugin: table-row, config: {{ columns: {columns} }} }}");
        format!("task: tabular-regression\npreprocess: {stage}\npostprocess: {stage}")
    };
    let visit = visit("tiny-table", "model.onnx", &lines("[size, age, rooms]")).await;
    let browser = &visit.browser;
    browser.write("#f-inputs-size", "77").await;
    browser.write("#f-inputs-rooms", "4").await;

    let manifest = visit.manifest.path().join("m.yaml");
    let text = std::fs::read_to_string(&manifest).expect("it was written");
    let changed = text.replace(
        "[size, age, rooms]",
        "[space, age, { name: rooms, title: Number of rooms }]",
    );
    std::fs::write(&manifest, changed).expect("writes");
    let rebuilt = "return document.querySelector('#f-inputs-space') !== null";
    browser
        .wait_until("the form has the new columns", rebuilt)
        .await;

    let rooms = "return document.querySelector('#f-inputs-rooms').value";
    assert_eq!(browser.execute(rooms).await, json!("4"));
    let said = browser.text("#remark").await;
    assert!(said.contains("Size"), "{said}");
    assert_eq!(answers(browser).await, 0);
    photograph(browser, "swap-form").await;
    assert_no_notice(browser).await;
}

async fn sentiments() -> Visit {
    let lines = lines_of_texts("text-classification", "label-text");
    visit("tiny-sentiment", "onnx/model.onnx", &lines).await
}

async fn value(browser: &Browser) -> serde_json::Value {
    browser
        .execute("return document.querySelector('#f-inputs').value")
        .await
}
