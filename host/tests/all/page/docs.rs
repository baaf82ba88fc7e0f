//! The API's description as a visitor reads and tries it at /docs.
//! Knows a few of Swagger UI's marks.

use super::audit;
use crate::server::{Server, demo};
use crate::webdriver::Browser;
use tokio::net::TcpListener;
use warp::Filter as _;
use warp::http::Method;
use warp::path::Tail;

const SHOWN: &str = "return document.querySelectorAll('.opblock').length > 10";
const OPERATION: &str = "#operations-retail-demand-predict";

/// Every operation is listed; one is opened, filled with the manifest's example, sent, and answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_is_tried_in_the_docs() {
    let server = Server::start(&demo());
    let browser = Browser::start(1280, 1400).await;
    browser.open(&format!("{}/docs", server.url)).await;
    browser.wait_until("operations are shown", SHOWN).await;
    for (width, name) in [(1280, "docs-1280.png"), (390, "docs-390.png")] {
        browser.emulate(width, 1400, "light").await;
        browser.screenshot(&super::picture(name)).await;
    }
    browser.emulate(1280, 1400, "light").await;
    try_it(&browser).await;
    browser.screenshot(&super::picture("docs-tried.png")).await;
    assert_eq!(browser.console().await, Vec::<String>::new());
}

async fn try_it(browser: &Browser) {
    browser
        .click(&format!("{OPERATION} .opblock-summary-control"))
        .await;
    let button = format!("{OPERATION} .try-out__btn");
    let is_open = format!("return document.querySelector('{button}') !== null");
    browser.wait_until("the operation is open", &is_open).await;
    browser.click(&button).await;
    let field =
        format!("return document.querySelector('{OPERATION} textarea')?.value.includes('series')");
    browser.wait_until("the example is filled in", &field).await;
    browser.click(&format!("{OPERATION} .execute")).await;
    let status = format!(
        "return document.querySelector('{OPERATION} .live-responses-table tr.response .response-col_status')?.textContent.startsWith('200')"
    );
    browser.wait_until("it is answered", &status).await;
}

/// Nothing comes from elsewhere, no script stands in the page, and every address is relative.
#[tokio::test(flavor = "multi_thread")]
async fn the_docs_need_no_other_host() {
    let server = Server::start(&demo());
    let page = server.get("/docs").await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(
        !policy.contains("script-src") && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    let addresses = |mark: &str| -> Vec<String> {
        let rest = page.text.split(mark).skip(1);
        rest.filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let all = [addresses("src=\""), addresses("href=\"")].concat();
    assert!(all.len() >= 6, "{all:?}");
    for address in all {
        assert!(
            !address.starts_with('/') && !address.contains(':'),
            "{address}"
        );
        let path = address.trim_start_matches("./");
        let answer = server.get(&format!("/{path}")).await;
        assert_eq!(answer.status, 200, "{address}");
        if address.starts_with("docs/") {
            assert!(
                answer.header("cache-control").contains("immutable"),
                "{address}"
            );
        }
    }
    let stale = server.get("/docs/000000000000/start.js").await;
    assert!(stale.refusal(404).0.contains("load it again"));
}

/// In a frame of another site, as a Space is shown, and from the page's own link.
#[tokio::test(flavor = "multi_thread")]
async fn the_docs_open_in_a_frame_and_from_the_page() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    browser
        .wait_until("the page is filled", super::forecast::FIRST_ANSWER)
        .await;
    browser.click("#tab-api").await;
    audit::assert_accessible(&browser, "the link to the docs").await;
    browser.click("#panel-api a[href='docs']").await;
    browser.wait_until("operations are shown", SHOWN).await;

    let port = server.address.rsplit(':').next().expect("a port");
    let around = super::states::around(&format!("http://localhost:{port}/docs"));
    browser.open(&format!("http://{around}/")).await;
    browser.enter("#frame").await;
    browser
        .wait_until("operations are shown in the frame", SHOWN)
        .await;
    try_it(&browser).await;
}

/// Behind a proxy that serves the server under a path of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_docs_work_under_a_prefix() {
    let server = Server::start(&demo());
    let proxy = prefixed(server.url.clone()).await;
    let browser = Browser::start(1280, 1400).await;
    browser.open(&format!("{proxy}/far/away/docs")).await;
    browser.wait_until("operations are shown", SHOWN).await;
    try_it(&browser).await;
}

/// A proxy that shows `url` at `/far/away`, and nothing else.
async fn prefixed(url: String) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("an address");
    let passed = warp::path("far")
        .and(warp::path("away"))
        .and(warp::path::tail())
        .and(warp::method())
        .and(warp::body::bytes())
        .then(move |path: Tail, method: Method, body: bytes::Bytes| {
            let asked = reqwest::Client::new().request(method, format!("{url}/{}", path.as_str()));
            let asked = asked.header("content-type", "application/json").body(body);
            async move {
                let answer = asked.send().await.expect("the server answers");
                let status = answer.status();
                let media_type = answer.headers()["content-type"].clone();
                let body = answer.bytes().await.expect("a body").to_vec();
                let reply = warp::reply::with_status(body, status);
                warp::reply::with_header(reply, "content-type", media_type)
            }
        });
    tokio::spawn(warp::serve(passed).incoming(listener).run());
    format!("http://{address}")
}
