//! Many at once: files of rows and pictures, what fails of them, and the files that come back.
//! Knows the page's ids and the answers of the test models.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Visit, assert_no_notice, lines_of_texts, photograph, plain, visit};
use crate::server::{Server, demo};
use crate::tasks::models;
use crate::webdriver::Browser;

const FILE: &str = "#batch-file";
const COLUMNS: &str = "{ plugin: table-row, config: { columns: [{ name: size, title: Living area, minimum: 1 }, age, rooms] } }";

/// One row out of many is refused: it says why in the server's words, and the others are kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_refused_says_why_and_the_others_are_kept() {
    let visit = houses().await;
    let browser = &visit.browser;
    let mut rows = "Living area;AGE;rooms;street\n".to_owned();
    for row in 0..40 {
        rows += &format!(
            "{};10;2;=HYPERLINK({row})\n",
            if row == 7 { 0 } else { 50 + row }
        );
    }
    let (_folder, file) = written("houses.csv", &rows);
    take(browser, &file).await;
    let understood = browser.text("#batch-understood").await;
    assert!(understood.starts_with("40 rows"), "{understood}");
    photograph(browser, "batch-mapping").await;
    run(browser).await;

    let rows = vec![json!({"size": 0, "age": 10, "rooms": 2})];
    let (refusal, _, field) = visit
        .server
        .post("/predict", &json!({"inputs": rows}))
        .await
        .refusal(422);
    assert_eq!(field, "/inputs/0/size");
    assert_eq!(failed(browser).await, vec![(8, plain(&refusal))]);
    let shown = "return [...document.querySelectorAll('#batch-results tbody td.strong')].map(({ textContent }) => Number(textContent))";
    let predictions: Vec<f64> =
        serde_json::from_value(browser.execute(shown).await).expect("numbers");
    let one = json!({"inputs": [{"size": 50, "age": 10, "rooms": 2}]});
    let answer = visit.server.post("/predict", &one).await.json();
    assert_eq!(predictions.len(), 39);
    assert_eq!(predictions[0], answer[0].as_f64().expect("a number"));
    photograph(browser, "batch-results").await;

    let csv = saved(browser, "#batch-csv").await;
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 41, "{csv}");
    assert_eq!(lines[0], "Living area,AGE,rooms,street,prediction,error");
    assert_eq!(lines[1], "50,10,2,'=HYPERLINK(0),205,");
    assert_eq!(
        plain(lines[8]),
        format!("0,10,2,'=hyperlink(7),,{}", plain(&refusal))
    );
    let kept = saved(browser, "#batch-jsonl").await;
    let kept: Vec<Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert_eq!(kept.len(), 40);
    assert_eq!(kept[0]["output"].as_f64(), answer[0].as_f64());
    assert!(kept[7]["error"].is_string(), "{}", kept[7]);

    browser.click("#batch-failed").await;
    let only = "return [...document.querySelectorAll('#batch-results tbody tr')].map(({ dataset: { row } }) => row)";
    assert_eq!(browser.execute(only).await, json!(["7"]));
    assert_no_notice(browser).await;
}

/// The column of texts is found, cells with line ends and quotes stay whole, and an empty one fails alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_texts_is_found_and_labelled() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    let mut rows = "id,review\n1,\"fresh \"\"bread\"\",\nand lovely service\"\n2,\n".to_owned();
    for row in 3..=300 {
        rows += &format!("{row},What a terrible film!\n");
    }
    let (_folder, file) = written("reviews.csv", &rows);
    take(browser, &file).await;
    let chosen = "const role = document.querySelector('#panel-batch [data-role=text]'); return role.selectedOptions[0].text";
    assert_eq!(browser.execute(chosen).await, json!("review"));
    run(browser).await;

    let failed = failed(browser).await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].0, 2);
    let shown = "return document.querySelectorAll('#batch-results tbody tr').length";
    assert_eq!(browser.execute(shown).await, json!(200));
    let csv = saved(browser, "#batch-csv").await;
    assert!(
        csv.starts_with("id,review,label,score,score_NEGATIVE,score_POSITIVE,error\r\n1,\"fresh \"\"bread\"\",\nand lovely service\",POSITIVE,"),
        "{}",
        &csv[..200]
    );
    assert_eq!(csv.matches(",NEGATIVE,").count(), 298);
}

/// A line is a request; one that is no JSON, or is refused, fails alone.
#[tokio::test(flavor = "multi_thread")]
async fn lines_of_json_are_requests() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    let lines = "{\"inputs\": \"The juice is wonderful.\", \"parameters\": {\"top_k\": 1}}\nno json\n{\"inputs\": {\"text\": 3}}\n\"terrible\"\n";
    let (_folder, file) = written("requests.jsonl", lines);
    take(browser, &file).await;
    run(browser).await;

    let failed = failed(browser).await;
    assert_eq!(
        failed.iter().map(|(row, _)| *row).collect::<Vec<_>>(),
        [2, 3]
    );
    let kept = saved(browser, "#batch-jsonl").await;
    let first: Value =
        serde_json::from_str(kept.lines().next().expect("a line")).expect("it is JSON");
    assert_eq!(first["output"][0]["label"], "POSITIVE", "{first}");
    assert_eq!(first["output"].as_array().map(Vec::len), Some(1), "{first}");
}

/// Rows of several stores make one series each, with what is planned after its end.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_dates_make_series() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    let mut rows = "store,date,units,display\n".to_owned();
    for (store, factor) in [("Mill", 1), ("Dock", 3)] {
        for day in 1..=30 {
            let units = if day > 23 {
                String::new()
            } else {
                (day % 7 * factor + 10).to_string()
            };
            rows += &format!("{store},2020-01-{day:02},{units},{}\n", day % 2);
        }
    }
    rows += "Short,2020-01-01,4,1\n";
    let (_folder, file) = written("sales.csv", &rows);
    take(&browser, &file).await;
    let understood = browser.text("#batch-understood").await;
    assert!(understood.contains("make 3 series"), "{understood}");
    photograph(&browser, "batch-series-mapping").await;
    run(&browser).await;

    assert_eq!(failed(&browser).await.len(), 1);
    photograph(&browser, "batch-series").await;
    let kept = saved(&browser, "#batch-jsonl").await;
    let first: Value =
        serde_json::from_str(kept.lines().next().expect("a line")).expect("it is JSON");
    let part = |factor: i64, from: i64, to: i64, of: &dyn Fn(i64) -> i64| -> Vec<i64> {
        (from..=to).map(|day| of(day) * factor).collect()
    };
    let units: Vec<i64> = part(1, 1, 23, &|day| day % 7 + 10);
    let request = json!({
        "inputs": [{
            "series": units, "start": "2020-01-01", "item": "Mill",
            "past": {"display": part(1, 1, 23, &|day| day % 2)},
            "future": {"display": part(1, 24, 30, &|day| day % 2)},
        }],
    });
    let answer = server.post("/predict", &request).await.json();
    assert_eq!(first["output"]["mean"], answer["outputs"][0]["mean"]);
    let csv = saved(&browser, "#batch-csv").await;
    assert_eq!(csv.matches("\r\nMill,").count(), 7, "{csv}");
}

/// Each picture is one request; a file that is none is said so beside the others.
#[tokio::test(flavor = "multi_thread")]
async fn several_pictures_are_labelled() {
    let lines = "task: image-classification
preprocess: { plugin: resize-image }
postprocess: { plugin: label-image }
limits: { body_bytes: 8388608, plugin: { memory_mib: 256, deadline_ms: 20000 } }";
    let visit = visit("tiny-image", "onnx/model.onnx", lines).await;
    let browser = &visit.browser;
    let files = ["green.png", "config.json", "blue.png"]
        .map(|name| models().join("tiny-image").join(name).display().to_string());
    take(browser, &PathBuf::from(files.join("\n"))).await;
    run(browser).await;

    let labels = "return [...document.querySelectorAll('#batch-results tbody tr:not(.failed) td.strong')].map(({ textContent }) => textContent)";
    assert_eq!(browser.execute(labels).await, json!(["green", "blue"]));
    let failed = failed(browser).await;
    assert!(
        failed.len() == 1 && failed[0].1.contains("config.json"),
        "{failed:?}"
    );
    photograph(browser, "batch-pictures").await;
}

/// What was answered before Cancel is kept, and the rest can be asked about later.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_batch_goes_on_where_it_was() {
    let visit = sentiments().await;
    let browser = &visit.browser;
    let (_folder, file) = written("lines.txt", &"What a terrible film!\n".repeat(50));
    take(browser, &file).await;
    visit.server.signal("STOP");
    browser.click("#batch-run").await;
    let waits = "return document.querySelector('#batch-cancel') !== null";
    browser
        .wait_until("the batch can be cancelled", waits)
        .await;
    browser.click("#batch-cancel").await;
    let said = "return document.querySelector('#batch-word').textContent.startsWith('Cancelled')";
    browser
        .wait_until("it says that it was cancelled", said)
        .await;
    visit.server.signal("CONT");
    browser.click("#batch-on").await;
    await_end(browser).await;
    assert_eq!(
        browser.text("#batch-word").await,
        "All 50 rows are answered."
    );
}

/// The sample that the page offers is a file that it takes, and says what the example says.
#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_read_back() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    super::await_answer_after(&browser, 0).await;
    open(&browser).await;
    let sample = saved(&browser, "#batch-sample").await;
    let (_folder, file) = written("sample.csv", &sample);
    take(&browser, &file).await;
    run(&browser).await;

    let kept = saved(&browser, "#batch-jsonl").await;
    let found: Value = serde_json::from_str(&kept).expect("one line of JSON");
    let model = server.get("/models/retail-demand").await.json();
    let example = model["examples"][0]["request"].clone();
    let answer = server.post("/predict", &example).await.json();
    assert_eq!(found["output"]["mean"], answer["outputs"][0]["mean"]);
}

async fn houses() -> Visit {
    let lines = format!("task: tabular-regression\npreprocess: {COLUMNS}\npostprocess: {COLUMNS}");
    visit("tiny-table", "model.onnx", &lines).await
}

async fn sentiments() -> Visit {
    let lines = lines_of_texts("text-classification", "label-text");
    visit("tiny-sentiment", "onnx/model.onnx", &lines).await
}

/// A file of this name, for as long as its folder lives.
fn written(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("writes");
    (folder, file)
}

/// Opens the tab.
async fn open(browser: &Browser) {
    let ready = "return !document.querySelector('#facts').hidden";
    browser.wait_until("the tabs are shown", ready).await;
    browser.click("#tab-batch").await;
    let open = format!("return document.querySelector('{FILE}') !== null");
    browser.wait_until("a file can be chosen", &open).await;
}

/// Chooses a file in the tab, until what was understood of it is shown.
async fn take(browser: &Browser, file: &std::path::Path) {
    open(browser).await;
    browser.choose(FILE, file).await;
    let understood = "return document.querySelector('#batch-run')?.disabled === false";
    browser
        .wait_until("the file is understood", understood)
        .await;
}

async fn run(browser: &Browser) {
    browser.click("#batch-run").await;
    await_end(browser).await;
}

async fn await_end(browser: &Browser) {
    let ended = "return document.querySelector('#batch-csv') !== null && document.querySelector('#batch-cancel') === null && document.querySelector('#batch-on') === null";
    browser
        .wait_until("every row has an answer or a reason", ended)
        .await;
}

/// The numbers of the failed rows, and why.
async fn failed(browser: &Browser) -> Vec<(i64, String)> {
    let rows = browser
        .execute(
            "return [...document.querySelectorAll('#batch-results tr.failed')].map((row) =>
               [Number(row.dataset.row) + 1, row.querySelector('.error').textContent])",
        )
        .await;
    let rows: Vec<(i64, String)> = serde_json::from_value(rows).expect("numbers and words");
    rows.into_iter()
        .map(|(row, said)| (row, plain(&said)))
        .collect()
}

/// What a download button saves.
async fn saved(browser: &Browser, button: &str) -> String {
    browser
        .execute(
            "window.saved = null;
             const make = URL.createObjectURL;
             URL.createObjectURL = (blob) => {
               URL.createObjectURL = make;
               blob.text().then((text) => { window.saved = text; });
               return make.call(URL, blob);
             };",
        )
        .await;
    browser.click(button).await;
    let done = "return window.saved !== null";
    browser.wait_until("the file is made", done).await;
    let text = browser.execute("return window.saved").await;
    text.as_str().expect("a text").to_owned()
}
