//! What a visitor sees while a model is fetched, when it cannot be had, when the server goes away, and inside another page.
//! Knows the page's ids and a manifest; nothing of how a model is loaded.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use serde_json::json;

use super::{
    answers, assert_silent, await_answer_after, forecast, lines_of_texts, open, photograph, predict,
};
use crate::fake_hub::{FakeHub, Fault, On};
use crate::server::{Server, demo};
use crate::webdriver::Browser;

const INPUT: &str = "#f-inputs";

/// How much of the model is there is said in the pill and beside a bar; when it is there, the form comes by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_fetched_shows_how_far_it_is() {
    let model = std::fs::read(crate::tasks::models().join("tiny-table/model.onnx"))
        .expect("host/tests/models.sh made it");
    let hub = FakeHub::start().await.lfs("model.onnx", &model);
    hub.fail(On::Get, Fault::Stall, 1);
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("m.yaml");
    let text = "name: m\ntitle: Houses\nmodel: { repo: acme/x, file: model.onnx }\n";
    std::fs::write(&manifest, text).expect("writes");
    let cache = folder.path().join("cache");
    let environment = [
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("HF_HUB_CACHE", cache.to_str().expect("a path of text")),
        ("HF_HUB_DOWNLOAD_TIMEOUT", "10"),
    ];
    let server = Server::launch(&manifest, &environment);
    let browser = open(&server).await;
    let half = "const pill = document.querySelector('#status').textContent;
        const bar = document.querySelector('#notice progress');
        return /^Loading \\d+ %$/.test(pill) && bar?.value > 0 && bar.value < 100";
    browser.wait_until("half of the model is there", half).await;
    assert_eq!(browser.text("#title").await, "Houses");
    photograph(&browser, "state-loading").await;
    let shown = "return !document.querySelector('#workspace').hidden";
    browser.wait_until("the form comes", shown).await;
    assert_silent(&browser).await;
}

/// The reason stands on the page, and a mended manifest brings the form without a reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_be_had_says_why_until_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("m.yaml");
    let path = crate::tasks::models().join("tiny-sentiment");
    let text = |file: &str| {
        format!(
            "name: m\nmodel: {{ path: {}, file: {file} }}\n{}\n",
            path.display(),
            lines_of_texts("text-classification", "label-text")
        )
    };
    std::fs::write(&manifest, text("onnx/lost.onnx")).expect("writes");
    let server = Server::launch(&manifest, &[]);
    let browser = open(&server).await;
    let failed = "return document.querySelector('#notice').textContent.includes('onnx/lost.onnx')";
    browser.wait_until("the reason is shown", failed).await;
    let pill = "return document.querySelector('#status').dataset.state";
    assert_eq!(browser.execute(pill).await, json!("failed"));
    photograph(&browser, "state-failed").await;

    std::fs::write(&manifest, text("onnx/model.onnx")).expect("writes");
    let shown = "return !document.querySelector('#workspace').hidden
        && document.querySelector('#status').dataset.state === 'ready'";
    browser.wait_until("the form comes", shown).await;
    assert_silent(&browser).await;
}

/// A change that is not taken is told to visitors too, who are answered as before and keep what they typed.
#[tokio::test(flavor = "multi_thread")]
async fn a_swap_during_the_visit_takes_nothing_from_the_visitor() {
    let lines = lines_of_texts("text-classification", "label-text");
    let visit = super::visit("tiny-sentiment", "onnx/model.onnx", &lines).await;
    let browser = &visit.browser;
    let text = "What a terrible film!";
    browser.write(INPUT, text).await;
    predict(browser).await;

    let manifest = visit.manifest.path().join("m.yaml");
    let before = std::fs::read_to_string(&manifest).expect("it was written");
    std::fs::write(&manifest, format!("title: Moods\n{before}")).expect("writes");
    let titled = "return document.querySelector('#title').textContent === 'Moods'
        && document.querySelector('#status').dataset.state === 'ready'";
    browser.wait_until("the new version answers", titled).await;
    let kept = "return [document.querySelector('#f-inputs').value, document.querySelector('#answer .headline') !== null]";
    assert_eq!(browser.execute(kept).await, json!([text, true]));
    predict(browser).await;

    let broken = before.replace("label-text", "label-txt");
    std::fs::write(&manifest, broken).expect("writes");
    let told = "return document.querySelector('#status').dataset.state === 'refused'
        && document.querySelector('#notice').textContent.includes('label-txt')";
    browser
        .wait_until("the page says what was not taken", told)
        .await;
    assert_eq!(browser.execute(kept).await, json!([text, true]));
    predict(browser).await;
    photograph(browser, "state-refused").await;
    browser.emulate(1280, 1400, "light").await;
    browser.click("#tab-live").await;
    let listed = "return document.querySelectorAll('#panel-live .history li').length >= 3";
    browser.wait_until("every attempt is listed", listed).await;
    photograph(browser, "state-history").await;
}

/// What was typed outlives the server; when that is back, so is the page, without a reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_costs_no_input() {
    let lines = lines_of_texts("text-classification", "label-text");
    let visit = super::visit("tiny-sentiment", "onnx/model.onnx", &lines).await;
    let browser = &visit.browser;
    browser.write(INPUT, "What a terrible film!").await;
    predict(browser).await;
    let port = visit
        .server
        .address
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let manifest = visit.manifest.path().join("m.yaml");
    drop(visit.server);

    browser.click("#predict").await;
    let told =
        "return document.querySelector('#form-alert').textContent.includes('could not be reached')";
    browser
        .wait_until("the page says that nobody answers", told)
        .await;
    let offline = "return document.querySelector('#status').dataset.state === 'offline'";
    browser.wait_until("the pill says so too", offline).await;
    photograph(browser, "state-offline").await;

    let mut server = Server::launch(&manifest, &[("PORT", &port)]);
    server.wait_for("the model is live");
    let back = "return document.querySelector('#status').dataset.state === 'ready'";
    browser.wait_until("the page is back by itself", back).await;
    let before = answers(browser).await;
    browser.emulate(1280, 1400, "light").await;
    browser.click("#predict").await;
    await_answer_after(browser, before).await;
    let kept = "return document.querySelector('#f-inputs').value";
    assert_eq!(browser.execute(kept).await, json!("What a terrible film!"));
}

/// Two models, a picker with their state, and an address for each.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_models_has_its_own_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("writes");
    };
    let models = crate::tasks::models();
    let named = |name: &str, folder: &str, file: &str, more: &str| {
        let path = models.join(folder);
        format!(
            "name: {name}\nmodel: {{ path: {}, file: {file} }}\n{more}\n",
            path.display()
        )
    };
    let moods = lines_of_texts("text-classification", "label-text");
    write(
        "a.yaml",
        named(
            "moods",
            "tiny-sentiment",
            "onnx/model.onnx",
            &format!("title: Moods\ndefault: true\n{moods}"),
        ),
    );
    write(
        "b.yaml",
        named("houses", "tiny-table", "model.onnx", "title: Houses"),
    );
    write(
        "c.yaml",
        named("lost", "tiny-table", "lost.onnx", "title: Lost"),
    );
    let mut server = Server::launch(folder.path(), &[]);
    server.wait_for("the model is live");
    server.wait_for("the model is live");
    let browser = open(&server).await;
    let listed = "return [...document.querySelector('#model-picker').options].map(({ text }) => text).sort().join('|')
        === 'Houses|Lost (not loaded)|Moods'";
    browser
        .wait_until("all are offered, with their state", listed)
        .await;
    assert_eq!(browser.text("#title").await, "Moods");
    browser
        .execute("const picker = document.querySelector('#model-picker'); picker.value = 'houses'; picker.dispatchEvent(new Event('change', { bubbles: true }))")
        .await;
    let other = "return location.search === '?model=houses' && document.title === 'Houses'
        && !document.querySelector('#workspace').hidden";
    browser
        .wait_until("the other model has the page", other)
        .await;
    photograph(&browser, "several-models").await;
}

/// The address of a site whose only page has `framed` in a frame.
pub(super) fn around(framed: &str) -> SocketAddr {
    let html = format!(
        "<!doctype html><title>Around</title><iframe id=frame width=1000 height=1200 src=\"{framed}\"></iframe>"
    );
    let around = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = around.local_addr().expect("a bound listener");
    std::thread::spawn(move || {
        for stream in around.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{html}", html.len());
        }
    });
    address
}

/// A browser that lets a frame of another site keep nothing shows the page all the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_inside_the_page_of_another_site() {
    let server = Server::start(&demo());
    let port = server
        .address
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    // Another site than the page around it: that comes from 127.0.0.1.
    let address = around(&format!("http://localhost:{port}/"));
    let browser = Browser::start_with(1280, 1400, &["--test-third-party-cookie-phaseout"]).await;
    browser.open(&format!("http://{address}/")).await;
    browser.enter("#frame").await;
    browser
        .wait_until("the first example is answered", forecast::FIRST_ANSWER)
        .await;
    let before = answers(&browser).await;
    browser.click("#examples .example:last-child").await;
    await_answer_after(&browser, before).await;
    browser.click("#theme").await;
    let light = "return document.documentElement.dataset.theme";
    assert_eq!(browser.execute(light).await, json!("light"));
    browser
        .screenshot(&super::picture("inside-a-frame.png"))
        .await;
}
