//! The page of a forecasting model: the demo, with its own examples.
//! Knows the page's ids and the wire; nothing of the host's insides.

use serde_json::json;

use super::{
    answers, assert_no_notice, assert_silent, await_answer_after, picture, plain, predict,
};
use crate::server::{Server, demo};
use crate::webdriver::Browser;

const SERIES: &str = "#f-inputs-series";
/// True once the page has shown the answer to the example that it opens with.
pub(super) const FIRST_ANSWER: &str =
    "return Number(document.querySelector('#result').dataset.answer) >= 1
    && document.querySelector('#chart svg') !== null";

/// One click on an example is enough: seven days with numbers, drawn and written out.
#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_clicks_an_example_and_sees_seven_predictions() {
    let (_server, browser) = visit().await;
    browser.screenshot(&picture("page-1280-light.png")).await;

    let before = answers(&browser).await;
    browser.click("#examples .example:last-child").await;
    await_answer_after(&browser, before).await;

    assert_seven_predictions(&browser).await;
    let chosen = "return document.querySelector('#examples .example:last-child').getAttribute('aria-pressed')";
    assert_eq!(browser.execute(chosen).await, json!("true"));
    let drawn = "return document.querySelector('#chart svg path.median')?.getAttribute('d').split(/[ML]/).length === 8";
    browser
        .wait_until("the median is drawn through seven points", drawn)
        .await;
    let alternative = browser
        .execute("return document.querySelector('#chart svg[role=img]').getAttribute('aria-label')")
        .await;
    assert!(
        alternative
            .as_str()
            .is_some_and(|text| text.contains("Forecast for 7 days")),
        "{alternative}"
    );

    browser.emulate(390, 844, "dark").await;
    let redrawn = "return document.querySelector('#chart svg').clientWidth < 390 && document.documentElement.scrollWidth <= 390";
    browser.wait_until("the page fits a phone", redrawn).await;
    browser.screenshot(&picture("page-390-dark.png")).await;
    browser
        .execute("document.querySelector('#result').scrollIntoView({behavior: 'instant'})")
        .await;
    browser
        .screenshot(&picture("page-390-dark-result.png"))
        .await;
}

/// Typed numbers are read back in words while they are typed, and Predict answers for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_edits_the_series_and_predicts() {
    let (_server, browser) = visit().await;
    let headline = browser.text("#answer .headline").await;

    let week = "1210 1180 1190 1230 1400 1610 1500";
    browser.write(SERIES, &[week; 4].join("\n")).await;
    let readout = browser.text("#f-inputs-series-readout").await;
    assert!(readout.starts_with("28 daily values"), "{readout}");

    predict(&browser).await;

    assert_seven_predictions(&browser).await;
    assert_ne!(browser.text("#answer .headline").await, headline);
    browser.click("#tab-api").await;
    let call = browser.text("#panel-api pre").await;
    assert!(call.contains("1210, 1180, 1190"), "{call}");
    browser.screenshot(&picture("page-edited.png")).await;
}

/// What the server refuses is said at the field it names, in the server's words, and nothing typed is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_shown_at_its_field() {
    let (server, browser) = visit().await;
    let refusal = server
        .post("/predict", &json!({"inputs": {"series": [1, 2, 3]}}))
        .await
        .json();
    assert_eq!(refusal["field"], "/inputs/series", "{refusal}");

    browser.write(SERIES, "1 2 3").await;
    browser.click("#predict").await;
    let shown = "return !document.querySelector('#f-inputs-series-error').hidden";
    browser
        .wait_until("the series field shows an error", shown)
        .await;

    let said = browser.text("#f-inputs-series-error").await;
    assert_eq!(
        plain(&said),
        plain(refusal["error"].as_str().unwrap_or_default())
    );
    let state = "const field = document.querySelector('#f-inputs-series');
        return [field.value, field.getAttribute('aria-invalid'), document.querySelector('#form-alert').hidden]";
    assert_eq!(browser.execute(state).await, json!(["1 2 3", "true", true]));
    browser.screenshot(&picture("page-refusal.png")).await;
}

/// Prices of ten days make no total: the page says where the last one may be, and draws them where they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_not_summed() {
    let server = Server::start(&crate::server::root().join("manifests/stock-forecast.yaml"));
    let browser = super::open(&server).await;
    browser
        .wait_until("the first example is answered", FIRST_ANSWER)
        .await;
    let headline = browser.text("#answer .headline").await;
    assert!(headline.ends_with("points after 10 days"), "{headline}");
    let lowest = browser
        .execute("return Number(document.querySelector('#chart .grid text').textContent.replace(',', ''))")
        .await;
    assert!(
        lowest.as_f64().is_some_and(|value| value > 1000.0),
        "{lowest}"
    );
    super::photograph(&browser, "stock-forecast").await;
    assert_silent(&browser).await;
}

/// The page is whole without the internet, and breaks none of the rules that its own headers set.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_makes_no_request_to_another_host() {
    let (server, browser) = visit().await;
    let asked = browser
        .execute("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        .await;
    let asked: Vec<String> = serde_json::from_value(asked).expect("names of requests");
    assert!(
        asked.iter().any(|url| url.contains("/predict")),
        "{asked:?}"
    );
    let abroad: Vec<_> = asked
        .iter()
        .filter(|url| !url.starts_with(&server.url))
        .collect();
    assert!(abroad.is_empty(), "{abroad:?}");
    assert_silent(&browser).await;
}

/// A visitor whose page has shown its first answer. The server ends with the test.
async fn visit() -> (Server, Browser) {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    browser
        .wait_until("the first example is answered", FIRST_ANSWER)
        .await;
    (server, browser)
}

async fn assert_seven_predictions(browser: &Browser) {
    assert_no_notice(browser).await;
    let rows = browser
        .execute(
            "return [...document.querySelectorAll('#numbers tbody tr')].map((row) =>
               [...row.querySelectorAll('td[data-quantile]:not([data-quantile=actual])')].map((cell) =>
                 [Number(cell.dataset.value), cell.textContent]))",
        )
        .await;
    let rows: Vec<Vec<(f64, String)>> = serde_json::from_value(rows).expect("rows of numbers");
    assert_eq!(rows.len(), 7, "{rows:?}");
    for (value, text) in rows.iter().flatten() {
        assert!((0.0..10_000.0).contains(value), "{rows:?}");
        assert!(
            text.starts_with(|first: char| first.is_ascii_digit()),
            "{rows:?}"
        );
    }
    assert!(rows.iter().all(|row| row.len() >= 3), "{rows:?}");
}
