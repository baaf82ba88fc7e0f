//! The series editor and the forecast's chart: what is dragged, typed, opened, zoomed and saved.
//! Knows the page's ids and the demo's examples; nothing of the host's insides.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{assert_silent, photograph, predict};
use crate::server::{Server, demo};
use crate::webdriver::Browser;

const PLOT: &str = ".series-plot";
const FILE: &str = "#f-inputs-series-file";
const READOUT: &str = "#f-inputs-series-readout";
const UP: &str = "\u{E013}";
const LEFT: &str = "\u{E012}";
const HOME: &str = "\u{E011}";
const ENTER: &str = "\u{E007}";
const DELETE: &str = "\u{E017}";
const CTRL_Z: &str = "\u{E009}z\u{E000}";
/// The last values of the first example.
const LAST: [i64; 3] = [31, 35, 30];

/// A point that is dragged up is a larger value, in the text and in the request; what happened is no longer shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_point_is_dragged_on_the_chart() {
    let (_server, browser) = visit().await;
    let centre = "const dot = [...document.querySelectorAll('.series-plot .history-dot')].at(-1).getBoundingClientRect();
        return [Math.round(dot.x + dot.width / 2), Math.round(dot.y + dot.height / 2)]";
    let at: [i64; 2] =
        serde_json::from_value(browser.execute(centre).await).expect("the last point has a place");

    browser.drag(at, [at[0], at[1] - 40]).await;

    let request = sent(&browser).await;
    let values = request["inputs"]["series"].as_array().expect("a series");
    assert_eq!(values.len(), 84);
    assert_eq!(values[81..83], [json!(LAST[0]), json!(LAST[1])]);
    let dragged = values[83].as_i64().expect("whole numbers stay whole");
    assert!(dragged > LAST[2] + 5, "{dragged}");
    let readout = browser.text(READOUT).await;
    assert!(
        readout.ends_with(&format!("the last is {dragged}")),
        "{readout}"
    );
    let actuals = browser
        .execute("return document.querySelectorAll('#chart .actual, #numbers .truth').length")
        .await;
    assert_eq!(actuals, json!(0));
    assert_silent(&browser).await;
}

/// Arrows, digits and Delete change values, Control Z takes the last change back, and the chart says where it is.
#[tokio::test(flavor = "multi_thread")]
async fn values_are_changed_by_keyboard() {
    let (_server, browser) = visit().await;
    browser.keys(PLOT, UP).await;
    browser.keys(PLOT, LEFT).await;
    browser.keys(PLOT, &format!("77{ENTER}")).await;
    browser.keys(PLOT, &format!("{LEFT}{LEFT}{DELETE}")).await;
    let named = browser
        .execute("return document.querySelector('.series-plot').getAttribute('aria-valuetext').replaceAll('\\u00a0', ' ')")
        .await;
    assert_eq!(named, json!("Fri 3 Nov 2017: no value"));
    let series =
        |request: Value| request["inputs"]["series"].as_array().expect("a series")[81..].to_vec();
    assert_eq!(
        series(sent(&browser).await),
        [json!(null), json!(77), json!(31)]
    );

    browser.keys(PLOT, CTRL_Z).await;
    assert_eq!(
        series(sent(&browser).await),
        [json!(31), json!(77), json!(31)]
    );
    assert_silent(&browser).await;
}

/// The rows beside the series are under its time axis; what is changed there is in their fields and in the request.
#[tokio::test(flavor = "multi_thread")]
async fn rows_beside_the_series_are_shown_and_sent() {
    let (_server, browser) = visit().await;
    let drawn = "return [...document.querySelectorAll('.series-row')].map((row) =>
        [row.dataset.row, row.querySelectorAll('.row-area').length, row.querySelector('.row-area.ahead').getAttribute('d') !== ''])";
    assert_eq!(
        browser.execute(drawn).await,
        json!([["display", 2, true], ["mailer", 2, true]])
    );

    browser
        .keys("[data-row=mailer]", &format!("4000{ENTER}3000{ENTER}"))
        .await;

    let field = browser
        .execute("return document.querySelector('#f-inputs-future-mailer').value")
        .await;
    assert_eq!(field, json!("4000 3000 0 0 0 0 0"));
    let request = sent(&browser).await;
    assert_eq!(
        request["inputs"]["future"]["mailer"],
        json!([4000, 3000, 0, 0, 0, 0, 0])
    );
    assert_eq!(
        request["inputs"]["past"]["mailer"].as_array().map(Vec::len),
        Some(84)
    );
    photograph(&browser, "series").await;
    assert_silent(&browser).await;
}

/// Of several columns with numbers the page asks which is which; those with a row's name fill it, also ahead.
#[tokio::test(flavor = "multi_thread")]
async fn a_csv_with_several_columns_asks_and_fills() {
    let (_server, browser) = visit().await;
    let days = (1..=30).map(|day| match day {
        11 => String::new(),
        29.. => format!("2017-09-{day:02},,,900,2500\n"),
        _ => format!("2017-09-{day:02},{},{},500,0\n", day % 4, 40 + day),
    });
    let text = format!(
        "date,returns,units,display,mailer\n{}",
        days.collect::<String>()
    );
    open_file(&browser, "sales.csv", &text).await;

    let asked = "return !document.querySelector('.intake').hidden && document.querySelector('#f-inputs-series-value') !== null";
    browser.wait_until("the columns are asked for", asked).await;
    assert_eq!(
        browser.text(READOUT).await,
        "28 daily values from the column units, 2017-09-01 to 2017-09-28, 1 gap left empty, the last is 68. \
         2 steps ahead known of display, mailer"
    );
    let request = sent(&browser).await;
    let inputs = &request["inputs"];
    assert_eq!(inputs["start"], json!("2017-09-01"));
    assert_eq!(inputs["series"][0], json!(41));
    assert_eq!(inputs["series"][10], json!(null));
    assert_eq!(inputs["past"]["display"][27], json!(500));
    assert_eq!(inputs["future"]["mailer"], json!([2500, 2500]));

    pick(&browser, "value", "returns").await;
    pick(&browser, "beside-mailer", "not in here").await;
    let readout = browser.text(READOUT).await;
    assert!(
        readout.starts_with("28 daily values from the column returns"),
        "{readout}"
    );
    let request = sent(&browser).await;
    assert_eq!(request["inputs"]["series"][0], json!(1));
    assert_eq!(request["inputs"]["future"]["mailer"], json!(null));
    photograph(&browser, "series-columns").await;
    assert_silent(&browser).await;
}

/// Dates that can be read two ways are asked about; a date that comes twice is refused by its rows.
#[tokio::test(flavor = "multi_thread")]
async fn dates_that_can_be_read_two_ways_are_asked_about() {
    let (_server, browser) = visit().await;
    let lines: String = (1..=12)
        .map(|day| format!("{day}/7/2017;\"{day},5\"\r\n"))
        .collect();
    open_file(
        &browser,
        "days.csv",
        &format!("\u{FEFF}date;sold\r\n{lines}"),
    )
    .await;
    let asked = "return document.querySelector('#f-inputs-series-order') !== null";
    browser.wait_until("the order is asked for", asked).await;
    let readout = browser.text(READOUT).await;
    assert!(readout.contains("can be read two ways"), "{readout}");

    pick(&browser, "order", "the day: 31/12").await;
    assert_eq!(
        browser.text(READOUT).await,
        "12 daily values from the column sold, 2017-07-01 to 2017-07-12, the last is 12.5"
    );

    open_file(
        &browser,
        "twice.csv",
        "date,sold\n2017-07-01,1\n2017-07-02,2\n2017-07-01,3\n",
    )
    .await;
    let refused = "return document.querySelector('#f-inputs-series-readout').textContent.startsWith('Rows 2 and 4 both have the date 2017-07-01')";
    browser.wait_until("the rows are named", refused).await;

    open_file(&browser, "book.xlsx", "PK\u{3}\u{4}").await;
    let refused = "return document.querySelector('#f-inputs-series-error').textContent.includes('Save the sheet as CSV')";
    browser.wait_until("a workbook is refused", refused).await;
}

/// All of the history can be brought into view, and a part of it with the handles, by keyboard too.
#[tokio::test(flavor = "multi_thread")]
async fn the_chart_is_zoomed() {
    let (_server, browser) = visit().await;
    assert!(
        alternative(&browser)
            .await
            .contains("Observed values of 56 days")
    );
    browser.click("#chart .zoom button").await;
    assert!(
        alternative(&browser)
            .await
            .contains("Observed values of 84 days")
    );
    assert_eq!(browser.text("#chart .zoom button").await, "Show latest");

    browser.keys("#chart .zoom-handle.last", HOME).await;
    let shown = alternative(&browser).await;
    assert!(shown.contains("Observed values of 7 days"), "{shown}");
    assert!(!shown.contains("Forecast"), "{shown}");
    browser.click("#chart .zoom button").await;
    browser.click("#chart .zoom button").await;
    assert!(
        alternative(&browser)
            .await
            .contains("Observed values of 56 days")
    );
    assert_silent(&browser).await;
}

/// The chart is saved as an SVG that needs no page, and as a PNG with two dots for each of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_chart_is_saved_as_svg_and_png() {
    let (_server, browser) = visit().await;
    browser
        .execute(
            "window.saved = [];
             const make = URL.createObjectURL;
             URL.createObjectURL = (blob) => { window.saved.push(blob); return make.call(URL, blob); }",
        )
        .await;
    browser.click("#download-svg").await;
    browser
        .wait_until("an SVG is saved", "return window.saved.length === 1")
        .await;
    browser.click("#download-png").await;
    let saved = "return window.saved.at(-1).type === 'image/png'";
    browser.wait_until("a PNG is saved", saved).await;

    let svg = browser
        .execute(
            "return (async () => {
               const file = new DOMParser().parseFromString(await window.saved[0].text(), 'image/svg+xml').documentElement;
               const median = file.querySelector('path[fill=none][stroke-width=\"2px\"]');
               return [file.tagName, file.querySelectorAll('[class], [style]').length, median.getAttribute('stroke').startsWith('rgb('),
                 file.querySelector('title').textContent, file.textContent.includes('forecast from Mon 6 Nov 2017')];
             })()",
        )
        .await;
    assert_eq!(svg[0], json!("svg"));
    assert_eq!(svg[1], json!(0));
    assert_eq!(svg[2], json!(true));
    let title = svg[3].as_str().unwrap_or_default();
    assert!(title.starts_with("COFFEE, units: About "), "{title}");
    assert_eq!(svg[4], json!(true));

    let png = browser
        .execute(
            "return createImageBitmap(window.saved.at(-1)).then(({ width, height }) => [width, height])",
        )
        .await;
    assert_eq!(png, json!([1920, 920]));
    assert_silent(&browser).await;
}

/// Between the answer's arrival and the drawn chart the visitor does not wait; a busy machine may delay some of them.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_drawn_at_once() {
    let (_server, browser) = visit().await;
    for _ in 0..4 {
        predict(&browser).await;
    }
    let took = browser
        .execute(
            "const drawn = performance.getEntriesByName('drawn');
             return performance.getEntriesByName('answered').map((mark, at) => drawn[at].startTime - mark.startTime)",
        )
        .await;
    let took: Vec<f64> = serde_json::from_value(took).expect("milliseconds");
    assert!(took.len() >= 5, "{took:?}");
    let best = took.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((0.0..50.0).contains(&best), "{took:?}");
}

/// A visitor whose page has shown its first answer, and remembers what it sends. The server ends with the test.
async fn visit() -> (Server, Browser) {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    let ready = "return Number(document.querySelector('#result').dataset.answer) >= 1
        && document.querySelector('#chart svg') !== null && document.querySelector('.series-plot svg') !== null";
    browser
        .wait_until("the first example is answered and drawn", ready)
        .await;
    browser
        .execute(
            "window.sent = [];
             const ask = window.fetch;
             window.fetch = (url, options) => {
               if (options?.body) window.sent.push(options.body);
               return ask(url, options);
             }",
        )
        .await;
    (server, browser)
}

/// Presses Predict; what the page sent last.
async fn sent(browser: &Browser) -> Value {
    predict(browser).await;
    let body = browser.execute("return window.sent.at(-1)").await;
    serde_json::from_str(body.as_str().expect("a body")).expect("the page sends JSON")
}

/// Opens a file of this name and text in the editor.
async fn open_file(browser: &Browser, name: &str, text: &str) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("a file can be written");
    choose(browser, &file).await;
}

/// Chooses the file, and waits until the page has taken it: the folder may go then.
async fn choose(browser: &Browser, file: &Path) {
    browser
        .execute("document.querySelector('#f-inputs-series-readout').textContent = ''; document.querySelector('#f-inputs-series-error').textContent = ''")
        .await;
    browser.choose(FILE, file).await;
    let taken = "return document.querySelector('#f-inputs-series-readout').textContent !== ''
        || document.querySelector('#f-inputs-series-error').textContent !== ''";
    browser.wait_until("the file is read", taken).await;
}

/// Picks an option of the panel by what it says.
async fn pick(browser: &Browser, name: &str, option: &str) {
    let script = format!(
        "const select = document.querySelector('#f-inputs-series-{name}');
         select.value = [...select.options].find((one) => one.text === '{option}').value;
         select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    );
    browser.execute(&script).await;
}

async fn alternative(browser: &Browser) -> String {
    let text = browser
        .execute("return document.querySelector('#chart svg[role=img]').getAttribute('aria-label')")
        .await;
    text.as_str().unwrap_or_default().to_owned()
}
