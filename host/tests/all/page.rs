//! What a visitor of the page sees and does, in a real browser against a real server.
//! Knows the page's ids; which task they belong to is in the modules below.

mod audit;
mod batch;
mod delivery;
mod docs;
mod forecast;
mod modules;
mod pictures;
mod runs;
mod series;
mod states;
mod tables;
mod texts;
mod vectors;
mod visit;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;
use crate::webdriver::Browser;

/// A visitor of one model; all of it ends with this value.
struct Visit {
    browser: Browser,
    server: Server,
    manifest: TempDir,
}

/// Opens the page of a test model whose manifest has these lines.
async fn visit(name: &str, file: &str, lines: &str) -> Visit {
    let (server, manifest) = crate::tasks::serve(name, file, lines);
    let browser = open(&server).await;
    browser
        .wait_until(
            "the form is shown",
            "return !document.querySelector('#workspace').hidden",
        )
        .await;
    Visit {
        browser,
        server,
        manifest,
    }
}

/// The lines of a manifest whose task reads texts.
fn lines_of_texts(task: &str, postprocess: &str) -> String {
    format!(
        "task: {task}\npreprocess: {{ plugin: tokenize-text }}\npostprocess: {{ plugin: {postprocess} }}"
    )
}

async fn open(server: &Server) -> Browser {
    let browser = Browser::start(1280, 1400).await;
    browser.open(&server.url).await;
    browser
}

/// Presses Predict, and waits for what it brings.
async fn predict(browser: &Browser) {
    let before = answers(browser).await;
    browser.click("#predict").await;
    await_answer_after(browser, before).await;
}

/// How many answers were shown so far.
async fn answers(browser: &Browser) -> i64 {
    let count = browser
        .execute("return Number(document.querySelector('#result').dataset.answer ?? 0)")
        .await;
    count.as_i64().expect("answers are counted")
}

async fn await_answer_after(browser: &Browser, before: i64) {
    let newer =
        format!("return Number(document.querySelector('#result').dataset.answer ?? 0) > {before}");
    browser.wait_until("a new answer is shown", &newer).await;
}

/// The names and values of bars, in their order.
async fn bars(browser: &Browser) -> Vec<(String, f64)> {
    let bars = browser
        .execute(
            "return [...document.querySelectorAll('#details .bars li[data-value]')].map((bar) =>
               [bar.querySelector('.name').textContent, Number(bar.dataset.value)])",
        )
        .await;
    serde_json::from_value(bars).expect("names and numbers")
}

/// The labels and scores of an answer for one input.
fn labels(answer: &Value) -> Vec<(String, f64)> {
    let label = |one: &Value| {
        let name = one["label"].as_str().expect("a label").to_owned();
        (name, one["score"].as_f64().expect("a score"))
    };
    answer
        .as_array()
        .expect("labels")
        .iter()
        .map(label)
        .collect()
}

/// Nothing stands between the visitor and the form: the model is ready, and no script has failed.
async fn assert_no_notice(browser: &Browser) {
    let notice = browser.text("#notice").await;
    assert!(notice.is_empty(), "{notice}");
}

/// Nothing has failed, and the browser has nothing to complain of.
async fn assert_silent(browser: &Browser) {
    assert_no_notice(browser).await;
    assert_eq!(browser.console().await, Vec::<String>::new());
}

/// Saves how the page looks on a desk and on a phone, by day and by night, where it may not scroll sideways; by day on a
/// desk and by night on a phone, it is held against the rules of accessibility.
async fn photograph(browser: &Browser, name: &str) {
    for (width, height) in [(1280, 1400), (390, 1800)] {
        for scheme in ["light", "dark"] {
            browser.emulate(width, height, scheme).await;
            let fits = format!("return document.documentElement.scrollWidth <= {width}");
            let claim = format!("{name} fits a width of {width}");
            browser.wait_until(&claim, &fits).await;
            let file = format!("{name}-{width}-{scheme}.png");
            browser.screenshot(&picture(&file)).await;
            if (width > 600) == (scheme == "light") {
                audit::assert_accessible(browser, &file).await;
            }
        }
    }
}

/// A message without the page's typography: marks of code, the capital, the full stop.
fn plain(message: &str) -> String {
    message
        .replace('`', "")
        .trim_end_matches('.')
        .to_lowercase()
}

fn picture(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target
        .expect("the target folder")
        .join("screenshots")
        .join(name)
}
