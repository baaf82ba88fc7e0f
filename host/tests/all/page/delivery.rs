//! How the page comes to the browser: whole, small, kept as long as it is right.
//! Knows headers and what the browser counts; how soon it is painted is measured in host/benches/page.

use super::forecast;
use crate::server::{Server, demo};

/// What the page may weigh on the wire, with all that the first visit loads.
const MOST_BYTES: f64 = 150_000.0;

/// The title and the model's state come with the first answer, words escaped; another model has its own address.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_comes_with_the_state_of_its_model() {
    let server = Server::start(&demo());
    let page = server.get("/").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    for words in [
        "<title>Retail demand forecast</title>",
        "<h1 id=\"title\">Retail demand forecast</h1>",
        "\"request_schema\":",
    ] {
        assert!(page.text.contains(words), "{words}");
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    let scripts: Vec<&str> = page.text.split("<script").skip(1).collect();
    assert!(
        scripts.iter().all(|script| script.contains(" src=\"ui/")),
        "{scripts:?}"
    );
    assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="));
    let other = server.get("/?model=none").await;
    assert_eq!(other.status, 200);
    assert!(other.text.contains("\"model\":null"));
}

/// A file's address holds a digest, so that it is asked for once; under another digest there is nothing.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_for_ever_and_compressed_for_who_takes_it() {
    let server = Server::start(&demo());
    let page = server.get("/").await.text;
    let app = page
        .split("src=\"")
        .filter_map(|rest| rest.split('"').next());
    let app = app
        .into_iter()
        .find(|path| path.ends_with("/page.js"))
        .expect("it is named");
    let plain = server.get(&format!("/{app}")).await;
    assert_eq!(plain.status, 200);
    assert!(plain.header("cache-control").contains("immutable"));
    assert_eq!(plain.header("content-encoding"), "");
    let get = reqwest::Client::new().get(format!("{}/{app}", server.url));
    let response = get
        .header("accept-encoding", "br, gzip")
        .send()
        .await
        .expect("it answers");
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.bytes().await.expect("a body");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text)
        .expect("it is gzip");
    assert_eq!(text, plain.text);
    assert!(bytes.len() * 2 < text.len());
    let stale = app.replace(app.split('/').nth(1).expect("a digest"), "000000000000");
    assert!(
        server
            .get(&format!("/{stale}"))
            .await
            .refusal(404)
            .0
            .contains("load it again")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_is_light() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    browser
        .wait_until("the first example is answered", forecast::FIRST_ANSWER)
        .await;
    let sizes = "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .reduce((sum, { transferSize }) => sum + transferSize, 0)";
    let bytes = browser.execute(sizes).await.as_f64().expect("a number");
    assert!((20_000.0..MOST_BYTES).contains(&bytes), "{bytes} bytes");
}
