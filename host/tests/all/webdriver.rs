//! A headless Chromium, driven through chromedriver by the few W3C WebDriver calls that the page's tests need.
//! Knows nothing of this project's page.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a browser may take to do what it was asked; a cold start on a busy machine is the slowest.
const BOUND: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(25);
/// The name the protocol gives an element reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Control held down over Enter, as the protocol writes keys that have no character.
pub(crate) const CTRL_ENTER: &str = "\u{E009}\u{E007}";

/// One browser with a profile of its own; both end with this value.
pub(crate) struct Browser {
    client: reqwest::Client,
    port: u16,
    session: String,
    driver: Child,
    profile: TempDir,
}

impl Browser {
    /// Starts chromedriver and a browser window of this size.
    pub(crate) async fn start(width: u32, height: u32) -> Browser {
        Browser::start_with(width, height, &[]).await
    }

    /// The same, with further flags of Chromium's.
    pub(crate) async fn start_with(width: u32, height: u32, flags: &[&str]) -> Browser {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the page's tests need chromedriver: install chromium and chromium-driver");
        let profile = TempDir::with_prefix("chromium-").expect("a temporary folder can be made");
        let mut browser = Browser {
            client: reqwest::Client::builder()
                .timeout(BOUND)
                .build()
                .expect("a client can be built"),
            port,
            session: String::new(),
            driver,
            profile,
        };
        browser.await_driver().await;
        let capabilities = browser.capabilities(width, height, flags);
        let made = browser.post("session", capabilities).await;
        browser.session = made["sessionId"]
            .as_str()
            .expect("a new session has an id")
            .to_owned();
        browser
    }

    /// Shows the page as a device of this size and colour scheme does.
    pub(crate) async fn emulate(&self, width: u32, height: u32, scheme: &str) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        for (command, parameters) in [
            ("Emulation.setDeviceMetricsOverride", metrics),
            ("Emulation.setEmulatedMedia", media),
        ] {
            let body = json!({"cmd": command, "params": parameters});
            self.command("goog/cdp/execute", body).await;
        }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command("url", json!({"url": url})).await;
    }

    /// Everything after this is asked of the page in a frame.
    pub(crate) async fn enter(&self, css: &str) {
        let element = self.find(css).await;
        self.command("frame", json!({"id": {ELEMENT: element}}))
            .await;
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        // Where a page scrolls smoothly, the driver clicks before it has arrived.
        let script = "const [element] = arguments;
            const { top, left, bottom, right } = element.getBoundingClientRect();
            const seen = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
            if (!seen) element.scrollIntoView({ block: 'center', behavior: 'instant' });";
        let reference = json!({ELEMENT: element});
        self.command(
            "execute/sync",
            json!({"script": script, "args": [reference]}),
        )
        .await;
        self.command(&format!("element/{element}/click"), json!({}))
            .await;
    }

    /// Replaces what a field holds, key by key as a visitor does.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/clear"), json!({}))
            .await;
        self.keys(css, text).await;
    }

    /// Presses keys in an element, which keeps what it holds.
    pub(crate) async fn keys(&self, css: &str, keys: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/value"), json!({"text": keys}))
            .await;
    }

    /// Presses the mouse at one place of the window, moves it to another and lets it go there.
    pub(crate) async fn drag(&self, from: [i64; 2], to: [i64; 2]) {
        let go = |[x, y]: [i64; 2]| json!({"type": "pointerMove", "duration": 50, "x": x, "y": y});
        let press = |kind: &str| json!({"type": kind, "button": 0});
        let actions = [go(from), press("pointerDown"), go(to), press("pointerUp")];
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": actions});
        self.command("actions", json!({"actions": [mouse]})).await;
    }

    /// Chooses a file in a file field, as if in the dialog that it opens.
    pub(crate) async fn choose(&self, css: &str, file: &Path) {
        self.keys(css, &file.to_string_lossy()).await;
    }

    /// The text of an element as it is shown; empty when it is hidden.
    pub(crate) async fn text(&self, css: &str) -> String {
        let element = self.find(css).await;
        let path = self.path(&format!("element/{element}/text"));
        let reply = self.client.get(self.url(&path)).send().await;
        let value = value_of(&path, reply.expect("chromedriver answers")).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Runs `script` as a function's body in the page; its `return` is the result.
    pub(crate) async fn execute(&self, script: &str) -> Value {
        self.command("execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// Waits until `script` returns true in the page; fails with `claim` when it does not in time.
    pub(crate) async fn wait_until(&self, claim: &str, script: &str) {
        poll(claim, async || self.execute(script).await == json!(true)).await;
    }

    /// What the browser's console holds of warnings and errors since it was last asked.
    pub(crate) async fn console(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Writes what is on the screen to a PNG file.
    pub(crate) async fn screenshot(&self, file: &Path) {
        let path = self.path("screenshot");
        let reply = self.client.get(self.url(&path)).send().await;
        let image = value_of(&path, reply.expect("chromedriver answers")).await;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(image.as_str().unwrap_or_default())
            .expect("a screenshot is base64");
        std::fs::create_dir_all(file.parent().expect("the file is in a folder"))
            .and_then(|()| std::fs::write(file, bytes))
            .expect("a screenshot can be written");
    }

    async fn find(&self, css: &str) -> String {
        let body = json!({"using": "css selector", "value": css});
        let found = self.command("element", body).await;
        found[ELEMENT]
            .as_str()
            .expect("an element has a reference")
            .to_owned()
    }

    async fn command(&self, name: &str, body: Value) -> Value {
        self.post(&self.path(name), body).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let reply = self.client.post(self.url(path)).json(&body).send().await;
        value_of(path, reply.expect("chromedriver answers")).await
    }

    fn path(&self, name: &str) -> String {
        format!("session/{}/{name}", self.session)
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    fn capabilities(&self, width: u32, height: u32, more: &[&str]) -> Value {
        // Tests run as root in a container and reach no network: without these flags Chromium
        // refuses to start, or spends the test looking for hosts that it cannot reach.
        let mut flags: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        .map(str::to_owned)
        .to_vec();
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        flags.push(format!("--window-size={width},{height}"));
        flags.push(format!("--user-data-dir={}", self.profile.path().display()));
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "WARNING"},
        }}})
    }

    async fn await_driver(&mut self) {
        let url = self.url("status");
        let client = self.client.clone();
        let driver = &mut self.driver;
        poll("chromedriver is ready", async || {
            let ended = driver.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "chromedriver ended at once: {ended:?}");
            match client.get(&url).send().await {
                Ok(reply) => {
                    let status: Value = reply.json().await.unwrap_or_default();
                    status["value"]["ready"] == json!(true)
                }
                Err(_) => false,
            }
        })
        .await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killing the driver alone would leave its browser running, so the session is ended first, also when a
        // test panics. No async client works here; neither result can be acted on.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
                self.session, self.port
            );
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Asks again and again until the answer is yes, within a bound.
///
/// The one place of the tests that lets time pass: WebDriver has no event to wait on, so a state of the page can
/// only be asked for. The interval keeps the questions from eating the processor that the browser needs.
async fn poll(claim: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut interval = tokio::time::interval(EVERY);
    let asking = async {
        loop {
            interval.tick().await;
            if holds().await {
                return;
            }
        }
    };
    if tokio::time::timeout(BOUND, asking).await.is_err() {
        panic!("not within {BOUND:?}: {claim}");
    }
}

/// The value of a reply, or a panic with the driver's own words.
async fn value_of(path: &str, reply: reqwest::Response) -> Value {
    let status = reply.status();
    let mut body: Value = reply.json().await.expect("chromedriver answers in JSON");
    assert!(
        status.is_success(),
        "{path}: {}",
        body["value"]["message"].as_str().unwrap_or("no message")
    );
    body["value"].take()
}

/// A port that is free now; who is started on it ends at once if another process is quicker.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a loopback port is free")
        .port()
}
