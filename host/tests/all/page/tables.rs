//! The page of a model that reads tables: one row as a form, several as a grid.
//! Knows the page's ids and the answers of the test models.

use serde_json::{Value, json};

use super::{assert_silent, await_answer_after, photograph, plain, predict, visit};
use crate::webdriver::Browser;

/// Columns in the model's order, which is not that of their names.
const COLUMNS: &str =
    "[{ name: size, title: Living area, unit: m², minimum: 1 }, { name: age, unit: years }, rooms]";
const NAMES: [&str; 3] = ["size", "age", "rooms"];

fn lines(task: &str) -> String {
    let stage = format!("{{ plugin: table-row, config: {{ columns: {COLUMNS} }} }}");
    format!("task: {task}\npreprocess: {stage}\npostprocess: {stage}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_is_a_form_with_a_field_for_each_column() {
    let visit = visit("tiny-table", "model.onnx", &lines("tabular-regression")).await;
    let browser = &visit.browser;
    let fields = browser
        .execute(
            "return [...document.querySelectorAll('.row-form label')].map((label) => label.textContent)",
        )
        .await;
    assert_eq!(fields, json!(["Living area", "Age", "Rooms"]));
    for (name, value) in NAMES.iter().zip(["50", "10", "2"]) {
        browser.write(&format!("#f-inputs-{name}"), value).await;
    }
    predict(browser).await;

    let request = json!({"inputs": {"size": [50], "age": [10], "rooms": [2]}});
    let answer = visit.server.post("/", &request).await.json();
    let shown = predictions(browser).await;
    assert_eq!(shown[0].as_f64(), answer[0].as_f64(), "{answer}");
    photograph(browser, "tabular-regression").await;
    assert_silent(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_grid_are_answered_one_by_one() {
    let visit = visit(
        "tiny-classes",
        "model.onnx",
        &lines("tabular-classification"),
    )
    .await;
    let browser = &visit.browser;
    browser.click("#f-inputs-rows").await;
    let rows = [["50", "10", "2"], ["120.5", "1", "5"], ["30", "80", "1"]];
    fill(browser, &rows).await;
    predict(browser).await;

    let request = json!({"inputs": {
        "size": [50.0, 120.5, 30.0], "age": [10, 1, 80], "rooms": [2, 5, 1],
    }});
    let answer = visit.server.post("/", &request).await.json();
    assert_eq!(predictions(browser).await, answer);
    assert_eq!(answer, json!(["expensive", "expensive", "cheap"]));
    photograph(browser, "tabular-classification").await;
    assert_silent(browser).await;
}

/// Its card names the columns as the form does, in the same order.
#[tokio::test(flavor = "multi_thread")]
async fn an_example_of_a_row_is_shown_and_answered() {
    let lines = format!(
        "{}\nexamples:\n  - {{ name: A small house, request: {{ inputs: {{ age: [10], rooms: [2], size: [50] }} }} }}",
        lines("tabular-regression")
    );
    let visit = visit("tiny-table", "model.onnx", &lines).await;
    let browser = &visit.browser;
    await_answer_after(browser, 0).await;
    let card = browser.text("#examples .example .words").await;
    assert_eq!(card, "Living area 50, Age 10, Rooms 2");
    let headline = browser.text("#answer .headline").await;
    assert_eq!(headline, "Prediction: 205");
    photograph(browser, "table-example").await;
    assert_silent(browser).await;
}

/// The server's words stand at the cell that it names, and what was typed stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_cell_is_marked_in_the_grid() {
    let visit = visit("tiny-table", "model.onnx", &lines("tabular-regression")).await;
    let browser = &visit.browser;
    let request = json!({"inputs": {"size": [50, -3], "age": [10, 1], "rooms": [2, 5]}});
    let (refusal, _, field) = visit.server.post("/predict", &request).await.refusal(422);
    assert_eq!(field, "/inputs/size/1");

    browser.click("#f-inputs-rows").await;
    fill(browser, &[["50", "10", "2"], ["-3", "1", "5"]]).await;
    browser.click("#predict").await;
    let shown = "return document.querySelector('.grid [aria-invalid=true]')?.value === '-3'";
    browser.wait_until("the cell is marked", shown).await;
    let said = browser.text("#f-inputs-cell-error").await;
    assert_eq!(
        plain(&said),
        format!("row 2, living area: {}", plain(&refusal))
    );
    photograph(browser, "table-refusal").await;
}

/// Types rows into the grid, which grows by its own button.
async fn fill(browser: &Browser, rows: &[[&str; 3]]) {
    for (row, cells) in rows.iter().enumerate() {
        if row > 0 {
            browser.click(".grid-editor .actions button").await;
        }
        for (column, value) in cells.iter().enumerate() {
            let cell = format!(
                ".grid tbody tr:nth-child({}) td:nth-of-type({}) input",
                row + 1,
                column + 1
            );
            browser.write(&cell, value).await;
        }
    }
}

/// What the table of predictions holds, as JSON.
async fn predictions(browser: &Browser) -> Value {
    browser
        .execute(
            "return [...document.querySelectorAll('#predictions td.strong')].map(({ dataset: { value } }) =>
               Number.isNaN(Number(value)) ? value : Number(value))",
        )
        .await
}
