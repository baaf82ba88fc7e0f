//! What others' rules say of the page: axe's of accessibility, at every state that is photographed, and Lighthouse's.
//! Knows where those are installed; nothing of what the page shows.

use super::forecast;
use crate::server::{Server, demo};
use crate::webdriver::Browser;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// Of 100.
const LEAST: f64 = 95.0;

/// Where host/tests/page.sh has put them.
#[allow(clippy::disallowed_methods, reason = "the tests' own setting")]
fn tools() -> PathBuf {
    let folder = std::env::var_os("MODELHOST_TEST_PAGE");
    PathBuf::from(folder.expect("host/tests/run sets MODELHOST_TEST_PAGE: start the tests with it"))
}

/// Asserts that axe finds nothing serious or critical in what is shown.
pub(super) async fn assert_accessible(browser: &Browser, state: &str) {
    let file = tools().join("node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(file).expect("host/tests/page.sh installed it");
    if browser.execute("return typeof axe").await == json!("undefined") {
        browser.execute(&axe).await;
    }
    let found = browser
        .execute(
            "return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
               .filter(({ impact }) => ['serious', 'critical'].includes(impact))
               .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`))",
        )
        .await;
    assert_eq!(found, json!([]), "{state}");
}

/// Its measure of speed is left to host/benches/page: tests share the machine.
#[tokio::test(flavor = "multi_thread")]
async fn lighthouse_finds_the_page_accessible_and_well_made() {
    let server = Server::start(&demo());
    let profile = tempfile::tempdir().expect("a folder");
    let flags = format!(
        "--chrome-flags=--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir={}",
        profile.path().display()
    );
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .arg(tools().join("node_modules/lighthouse/cli/index.js"))
            .args([&server.url, "--quiet", "--output=json", &flags])
            .arg("--only-categories=accessibility,best-practices")
            .env("CHROME_PATH", "/usr/bin/chromium")
            .output()
            .expect("node runs")
    });
    let ran = ran.await.expect("it ends");
    let said = String::from_utf8_lossy(&ran.stderr);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{said}"));
    for category in ["accessibility", "best-practices"] {
        let found = &report["categories"][category];
        let score = found["score"].as_f64().unwrap_or_else(|| panic!("{said}")) * 100.0;
        let lost: Vec<&Value> = report["audits"]
            .as_object()
            .expect("audits")
            .values()
            .filter(|audit| audit["score"].as_f64().is_some_and(|score| score < 1.0))
            .map(|audit| &audit["title"])
            .collect();
        assert!(score >= LEAST, "{category}: {score}; {lost:?}");
    }
}

/// The states that no other test photographs: nothing typed yet, every tab, and both themes.
#[tokio::test(flavor = "multi_thread")]
async fn every_tab_is_accessible() {
    let server = Server::start(&demo());
    let browser = super::open(&server).await;
    browser
        .wait_until("the first example is answered", forecast::FIRST_ANSWER)
        .await;
    let tabs = "return [...document.querySelectorAll('[role=tab]')].map(({ id }) => id)";
    let tabs: Vec<String> =
        serde_json::from_value(browser.execute(tabs).await).expect("names of tabs");
    assert!(tabs.len() >= 3, "{tabs:?}");
    for tab in tabs {
        browser.click(&format!("#{tab}")).await;
        let shown = format!(
            "return document.getElementById(document.getElementById('{tab}').getAttribute('aria-controls')).textContent !== ''"
        );
        browser.wait_until("the panel is filled", &shown).await;
        super::photograph(&browser, &format!("page-{tab}")).await;
    }
    super::assert_silent(&browser).await;
}
