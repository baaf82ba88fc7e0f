//! Who may predict: keys, a rate for each client, other sites' pages, and the headers that make browsers careful.
//! Knows the wire and the settings; nothing of a model.

use crate::client::{Answer, finish};
use crate::server::{Server, demo};
use crate::webdriver::Browser;
use serde_json::{Value, json};

const KEYS: (&str, &str) = (
    "MODELHOST_API_KEYS",
    "shop=shop-key-0123456789,lab=lab-key-0123456789",
);

fn series() -> Value {
    json!({"inputs": {"series": vec![5; 30]}})
}

fn serve(environment: &[(&str, &str)]) -> Server {
    let mut server = Server::launch(&demo(), environment);
    server.wait_for("the model is live");
    server
}

async fn predict(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let mut post = reqwest::Client::new()
        .post(format!("{}/predict", server.url))
        .json(&series());
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    finish(post).await
}

/// Only predictions need a key; each is counted under its name, and none is ever written down.
#[tokio::test(flavor = "multi_thread")]
async fn predictions_need_a_key_where_there_are_keys() {
    let server = serve(&[KEYS]);
    for headers in [
        vec![],
        vec![("authorization", "Bearer shop-key-012345678")],
        vec![("authorization", "shop-key-0123456789")],
        vec![("x-api-key", "")],
    ] {
        let answer = predict(&server, &headers).await;
        let (error, error_type, _) = answer.refusal(401);
        assert_eq!(error_type, "unauthorized");
        assert!(error.contains("key"), "{error}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    for headers in [
        [("authorization", "Bearer shop-key-0123456789")],
        [("x-api-key", "shop-key-0123456789")],
        [("authorization", "Bearer lab-key-0123456789")],
    ] {
        assert_eq!(predict(&server, &headers).await.status, 200, "{headers:?}");
    }
    for path in ["/", "/health", "/ready", "/models", "/models/retail-demand"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let metrics = server.get("/metrics").await.text;
    for line in [
        "modelhost_key_requests_total{key=\"shop\",model=\"retail-demand\"} 2",
        "modelhost_key_requests_total{key=\"lab\",model=\"retail-demand\"} 1",
        "modelhost_rejected_total{model=\"retail-demand\",reason=\"unauthorized\"} 4",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    assert!(!metrics.contains("0123456789"));
}

/// A visitor types the key where the refusal stands, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_for_the_key() {
    let server = serve(&[KEYS]);
    let browser = Browser::start(1280, 1400).await;
    browser.open(&server.url).await;
    let asked = "return document.querySelector('#api-key') !== null";
    browser.wait_until("the page asks for a key", asked).await;
    browser.keys("#api-key", "lab-key-0123456789\u{E007}").await;
    let drawn = "return document.querySelector('#chart svg') !== null && document.querySelector('#form-alert').hidden";
    browser
        .wait_until("the first example is answered", drawn)
        .await;
}

/// So many at once, then as they come back; said with the time to wait. A stranger's word on its address is not taken.
#[tokio::test(flavor = "multi_thread")]
async fn each_client_predicts_as_often_as_it_may() {
    let server = serve(&[("MODELHOST_RATE_LIMIT", "3/h")]);
    for (last, left) in [("1", 2), ("2", 1), ("3", 0)] {
        let from = format!("192.0.2.{last}");
        let answer = predict(&server, &[("x-forwarded-for", &from)]).await;
        assert_eq!(answer.status, 200);
        let told = format!("\"client\";r={left};t=1200");
        assert_eq!(answer.header("ratelimit"), told);
        assert_eq!(answer.header("ratelimit-policy"), "\"client\";q=3;w=3600");
    }
    let answer = predict(&server, &[("x-forwarded-for", "192.0.2.4")]).await;
    let (_, error_type, _) = answer.refusal(429);
    assert_eq!(error_type, "rate_limited");
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((600..=1200).contains(&wait), "{wait}");
    let told = format!("\"client\";r=0;t={wait}");
    assert_eq!(answer.header("ratelimit"), told);
    let health = server.get("/health").await;
    assert_eq!((health.status, health.header("ratelimit")), (200, ""));
}

/// Behind proxies that are believed, each client has its own share; so has each key.
#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_apart_behind_a_trusted_proxy_and_by_their_keys() {
    let limit = ("MODELHOST_RATE_LIMIT", "1/h");
    let server = serve(&[
        limit,
        ("MODELHOST_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8"),
    ]);
    let from = async |chain: &str| predict(&server, &[("x-forwarded-for", chain)]).await.status;
    assert_eq!(from("192.0.2.1").await, 200);
    assert_eq!(from("192.0.2.2, 10.1.2.3").await, 200);
    assert_eq!(from("198.51.100.9, 192.0.2.1").await, 429);
    assert_eq!(from("192.0.2.2").await, 429);

    let server = serve(&[limit, KEYS]);
    for (key, status) in [("shop", 200), ("lab", 200), ("shop", 429)] {
        let key = format!("Bearer {key}-key-0123456789");
        assert_eq!(
            predict(&server, &[("authorization", &key)]).await.status,
            status
        );
    }
}

/// Browsers ask first, and are told of the sites that are named and of no other.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_named_sites_may_read_answers() {
    let origin = |site: &'static str| ("origin", site);
    let server = serve(&[("MODELHOST_CORS", "https://shop.example,https://lab.example")]);
    let preflight = async |site: &'static str| {
        let url = format!("{}/predict", server.url);
        let ask = reqwest::Client::new().request(reqwest::Method::OPTIONS, url);
        let ask = ask
            .header("origin", site)
            .header("access-control-request-method", "POST");
        finish(ask.header("access-control-request-headers", "content-type")).await
    };
    let told = preflight("https://shop.example").await;
    assert_eq!(told.status, 204);
    assert_eq!(
        told.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(told.header("access-control-allow-methods").contains("POST"));
    assert!(
        told.header("access-control-allow-headers")
            .contains("content-type")
    );
    let answer = predict(&server, &[origin("https://lab.example")]).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://lab.example"
    );
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("server-timing")
    );
    assert_eq!(answer.header("vary"), "origin");
    let stranger = preflight("https://other.example").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    let answer = predict(&server, &[origin("https://other.example")]).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, "")
    );

    let server = serve(&[("MODELHOST_CORS", "*")]);
    let answer = predict(&server, &[origin("https://any.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let server = Server::start(&demo());
    let answer = predict(&server, &[origin("https://any.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

/// On by default, off by one setting.
#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_be_careful() {
    let server = Server::start(&demo());
    for path in ["/models", "/health", "/nothing"] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
    let server = serve(&[("MODELHOST_NO_SECURITY_HEADERS", "true")]);
    let answer = server.get("/models").await;
    assert_eq!(answer.header("x-content-type-options"), "");
}

/// The command line says what is wrong, without the secret in it.
#[test]
fn wrong_settings_are_refused_at_the_start() {
    for (setting, value, words) in [
        ("--api-keys", "shop=short-key", "at least 16"),
        ("--api-keys", "only-a-very-secret-key", "NAME=KEY"),
        ("--rate-limit", "ten", "10/s"),
        ("--trusted-proxies", "proxy", "proxy"),
        ("--admin-token", "too-short", "at least 16"),
        ("--cors", "shop.example", "https://example.org"),
    ] {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_modelhost"))
            .args(["serve", setting, value])
            .output()
            .expect("the binary starts");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(64), "{setting}: {said}");
        assert!(said.contains(words), "{setting}: {said}");
        let is_secret = setting.ends_with("keys") || setting.ends_with("token");
        let secret = value.split('=').next_back().unwrap_or(value);
        assert!(!is_secret || !said.contains(secret), "{said}");
    }
}
