//! The whole visit, task by task: an example, an edit, what is refused, two runs side by side, a link, a swap, a batch.
//! Knows the page's ids; what is special to a task is in the table below.

use std::path::PathBuf;

use serde_json::json;

use super::{answers, await_answer_after, lines_of_texts, photograph, predict, visit};
use crate::tasks::models;
use crate::webdriver::Browser;

const IMAGES: &str = "task: image-classification
preprocess: { plugin: resize-image }
postprocess: { plugin: label-image }
limits: { body_bytes: 8388608, plugin: { memory_mib: 256, deadline_ms: 20000 } }";
const STAGE: &str =
    "{ plugin: table-row, config: { columns: [{ name: size, minimum: 1 }, age, rooms] } }";

/// What a visitor does at one task's page.
struct Task {
    model: &'static str,
    file: &'static str,
    /// Of the manifest: task, plugins and one example.
    lines: String,
    /// Something else to ask about: the field, and what to type or choose.
    edit: (&'static str, String),
    /// What is refused, by the page or by the server.
    wrong: (&'static str, String),
    /// A file of two rows or more, or several.
    batch: Vec<PathBuf>,
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_labels_texts() {
    let lines = lines_of_texts("text-classification", "label-text");
    whole(texts("tiny-sentiment", &lines, "What a terrible film!")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_labels_words() {
    let lines = lines_of_texts("token-classification", "label-tokens");
    let example = with_example(&lines, "{ inputs: My name is Anna Berg. }");
    whole(Task {
        lines: example,
        ..texts("rampart", &lines, "My name is Alex Rivera.")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_makes_vectors() {
    let lines = lines_of_texts("feature-extraction", "pool-embedding");
    whole(texts("minilm-int8", &lines, "Juice is cheaper.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_compares_sentences() {
    let lines = lines_of_texts("sentence-similarity", "pool-embedding");
    let request = "{ inputs: { source_sentence: Juice is cheap., sentences: [Bread is dear., Juice costs little.] } }";
    let pairs = "{\"source_sentence\": \"a\", \"sentences\": [\"b\", \"c\"]}\n";
    whole(Task {
        model: "minilm-int8",
        file: "onnx/model.onnx",
        lines: with_example(&lines, request),
        edit: ("#f-inputs-source_sentence", "Bread costs much.".to_owned()),
        wrong: ("#f-inputs-source_sentence", String::new()),
        batch: vec![written("pairs.jsonl", &pairs.repeat(2))],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_labels_pictures() {
    let picture = |name: &str| models().join("tiny-image").join(name);
    let bytes = std::fs::read(picture("green.png")).expect("host/tests/models.sh made it");
    let green = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let path = |name: &str| picture(name).display().to_string();
    whole(Task {
        model: "tiny-image",
        file: "onnx/model.onnx",
        lines: with_example(IMAGES, &format!("{{ inputs: {green} }}")),
        edit: ("#f-inputs", path("blue.png")),
        wrong: ("#f-inputs", path("config.json")),
        batch: vec![picture("green.png"), picture("red.png")],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_predicts_numbers_of_rows() {
    whole(rows("tabular-regression", "tiny-table")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_labels_rows() {
    whole(rows("tabular-classification", "tiny-classes")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_model_that_forecasts() {
    let demo = std::fs::read_to_string(crate::server::demo()).expect("the demo's manifest");
    let from = demo.find("task:").expect("it names its task");
    let lines: Vec<&str> = demo[from..]
        .lines()
        .filter(|line| !line.starts_with("default:"))
        .collect();
    let lines = lines.join("\n");
    // Its `model` block is written for every task alike.
    let (before, rest) = lines.split_once("model:\n").expect("it names its model");
    let after = rest.find("# The `config`").expect("its plugins come next");
    let week = "1210 1180 1190 1230 1400 1610 1500 ";
    let days = (1..29).map(|day| format!("2017-09-{day:02},{},\n", 10 + day % 7));
    whole(Task {
        model: "",
        file: "model.onnx",
        lines: format!("{before}{}", &rest[after..]),
        edit: ("#f-inputs-series", week.repeat(4)),
        wrong: ("#f-inputs-series", "1 2 3".to_owned()),
        batch: vec![written(
            "days.csv",
            &format!("date,units,display\n{}", days.collect::<String>()),
        )],
    })
    .await;
}

fn texts(model: &'static str, lines: &str, other: &str) -> Task {
    Task {
        model,
        file: "onnx/model.onnx",
        lines: with_example(lines, "{ inputs: The juice is wonderful. }"),
        edit: ("#f-inputs", other.to_owned()),
        wrong: ("#f-inputs", String::new()),
        batch: vec![written("texts.csv", "text\nA good day.\nA bad day.\n")],
    }
}

fn rows(task: &str, model: &'static str) -> Task {
    let lines = format!("task: {task}\npreprocess: {STAGE}\npostprocess: {STAGE}");
    Task {
        model,
        file: "model.onnx",
        lines: with_example(&lines, "{ inputs: { size: [50], age: [10], rooms: [2] } }"),
        edit: ("#f-inputs-size", "150".to_owned()),
        wrong: ("#f-inputs-size", "0".to_owned()),
        batch: vec![written("rows.csv", "size,age,rooms\n50,10,2\n120,1,5\n")],
    }
}

fn with_example(lines: &str, request: &str) -> String {
    format!("{lines}\nexamples:\n  - {{ name: The example, request: {request} }}")
}

/// A file that stays until the tests end.
fn written(name: &str, text: &str) -> PathBuf {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let file = folder.join(name);
    std::fs::write(&file, text).expect("writes");
    file
}

async fn whole(task: Task) {
    let model = match task.model {
        "" => crate::server::root()
            .join("model-card")
            .display()
            .to_string(),
        name => name.to_owned(),
    };
    let visit = visit(&model, task.file, &task.lines).await;
    let browser = &visit.browser;

    // The page opens with the example answered.
    await_answer_after(browser, 0).await;
    let pressed =
        "return document.querySelector('#examples .example').getAttribute('aria-pressed')";
    assert_eq!(browser.execute(pressed).await, json!("true"));
    let first = browser.text("#answer .headline").await;
    browser.click("#keep").await;

    enter(browser, &task.edit).await;
    predict(browser).await;
    let second = browser.text("#answer .headline").await;
    let change = browser.text("#change").await;
    assert!(change.starts_with("Changed: "), "{change}");
    let compared = "return document.querySelectorAll('#kept .kept-list li').length === 1
        && document.querySelectorAll('#comparison tbody tr').length > 0";
    browser.wait_until("the runs are compared", compared).await;
    photograph(
        browser,
        &format!(
            "visit-{}",
            task.lines.split_whitespace().nth(1).unwrap_or("task")
        ),
    )
    .await;
    browser.emulate(1280, 1400, "light").await;

    // What is refused is said at a field, and costs neither the answer nor the inputs.
    enter(browser, &task.wrong).await;
    let refused = "return [...document.querySelectorAll('#form .error, #form-alert')].some((one) => !one.hidden && one.textContent !== '')";
    // A file is refused as soon as it is chosen.
    if browser.execute(refused).await != json!(true) {
        browser.click("#predict").await;
    }
    browser.wait_until("the refusal is shown", refused).await;
    assert_eq!(browser.text("#answer .headline").await, second);
    // Browsers note every refusal of a server.
    let noted = browser.console().await;
    assert!(noted.iter().all(|line| line.contains("422")), "{noted:?}");

    // The example is one click away, and a link to it opens the same for somebody else.
    let before = answers(browser).await;
    browser.click("#examples .example").await;
    await_answer_after(browser, before).await;
    assert_eq!(browser.text("#answer .headline").await, first);
    browser
        .execute("navigator.clipboard.writeText = async (link) => { window.link = link; };")
        .await;
    browser.click("#copy-link").await;
    let copied = "return typeof window.link === 'string'";
    browser.wait_until("the link is copied", copied).await;
    let link = browser.execute("return window.link").await;
    let other = Browser::start(1280, 1400).await;
    other.open(link.as_str().expect("an address")).await;
    await_answer_after(&other, 0).await;
    assert_eq!(other.text("#answer .headline").await, first);
    drop(other);

    // A swap changes the title and nothing of the visitor's.
    let manifest = visit.manifest.path().join("m.yaml");
    let text = std::fs::read_to_string(&manifest).expect("it was written");
    let asked = answers(browser).await;
    std::fs::write(
        &manifest,
        format!("title: Swapped\n{}", text.replace("\ntitle:", "\n#")),
    )
    .expect("writes");
    let swapped = "return document.querySelector('#title').textContent === 'Swapped'";
    browser.wait_until("the new version answers", swapped).await;
    assert_eq!(browser.text("#answer .headline").await, first);
    assert_eq!(answers(browser).await, asked);

    let ready = "return !document.querySelector('#facts').hidden";
    browser.wait_until("the tabs are shown", ready).await;
    browser.click("#tab-batch").await;
    let open = "return document.querySelector('#batch-file') !== null";
    browser.wait_until("a file can be chosen", open).await;
    let files: Vec<String> = task
        .batch
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    browser.keys("#batch-file", &files.join("\n")).await;
    let understood = "return document.querySelector('#batch-run')?.disabled === false";
    browser
        .wait_until("the file is understood", understood)
        .await;
    browser.click("#batch-run").await;
    let ended = "return document.querySelector('#batch-csv') !== null && document.querySelector('#batch-cancel') === null";
    browser.wait_until("every row is answered", ended).await;
    let failed = "return [...document.querySelectorAll('#batch-results tr.failed')].map(({ textContent }) => textContent)";
    assert_eq!(browser.execute(failed).await, json!([]));
    super::assert_silent(browser).await;
}

/// Types into a field what it holds then, or chooses a file.
async fn enter(browser: &Browser, (field, value): &(&str, String)) {
    let is_file = format!("return document.querySelector('{field}').type === 'file'");
    if browser.execute(&is_file).await == json!(true) {
        browser.keys(field, value).await;
        let name = value.rsplit('/').next().unwrap_or_default().to_owned();
        let told = format!(
            "return document.querySelector('#fields .drop .count').textContent.startsWith('{name}')
               || !document.querySelector('#f-inputs-error').hidden"
        );
        browser.wait_until("the picture is read", &told).await;
        return;
    }
    // WebDriver's own clear takes the focus away, which some fields take for the end.
    let emptied = format!(
        "const field = document.querySelector('{field}'); field.value = '';
         field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    browser.execute(&emptied).await;
    if !value.is_empty() {
        browser.keys(field, value).await;
    }
}
