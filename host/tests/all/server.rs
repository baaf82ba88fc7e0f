//! A running modelhost: the real binary on a free port, killed when dropped.
//! Knows the command line and the log; nothing of what is served.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than any wait of a healthy server; a test that reaches it has failed.
const BOUND: Duration = Duration::from_secs(60);

/// A server process.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    child: Child,
    log: Receiver<serde_json::Value>,
    unread: Arc<AtomicBool>,
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("host lies in the repository")
        .to_owned()
}

/// Compiled plugins of the tests, kept from one to the next.
pub(crate) fn plugin_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins")
}

/// The demo's manifest.
pub(crate) fn demo() -> PathBuf {
    root().join("manifests/retail-demand.yaml")
}

impl Server {
    /// Serves `manifest` and returns when every model is live.
    pub(crate) fn start(manifest: &Path) -> Server {
        let mut server = Server::launch(manifest, &[]);
        server.wait_for("the model is live");
        server
    }

    /// Serves `manifest` with these environment variables and returns when it listens.
    pub(crate) fn launch(manifest: &Path, environment: &[(&str, &str)]) -> Server {
        Server::launch_under(&[], manifest, environment)
    }

    /// The same, as a child of the program and its arguments in `under`, if there are any.
    #[allow(
        clippy::disallowed_methods,
        reason = "the child gets nothing but what is named here"
    )]
    pub(crate) fn launch_under(
        under: &[&str],
        manifest: &Path,
        environment: &[(&str, &str)],
    ) -> Server {
        let mut words = under
            .iter()
            .copied()
            .chain([env!("CARGO_BIN_EXE_modelhost")]);
        let mut command = Command::new(words.next().expect("at least the binary"));
        command
            .args(words)
            .args(["--log-format", "json", "serve", "--host", "127.0.0.1"])
            .arg(manifest)
            .env_clear()
            .envs(["PATH", "HOME"].iter().filter_map(|name| {
                let value = std::env::var_os(name)?;
                Some((name, value))
            }))
            .env("PORT", "0")
            .env("MODELHOST_WORKERS", "2")
            .env("MODELHOST_PLUGIN_CACHE", plugin_cache())
            .envs(environment.iter().copied())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let stderr = child.stderr.take().expect("stderr is piped");
        let (sender, log) = channel();
        let unread = Arc::new(AtomicBool::new(false));
        let is_unread = unread.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line)
                    .unwrap_or_else(|_| serde_json::json!({ "message": line }));
                if sender.send(event).is_err() {
                    return;
                }
                while is_unread.load(Ordering::Acquire) {
                    // Keeps the pipe open and full.
                    std::thread::park();
                }
            }
        });
        let mut server = Server {
            url: String::new(),
            address: String::new(),
            child,
            log,
            unread,
        };
        let listening = server.wait_for("listening");
        server.address = listening["address"]
            .as_str()
            .expect("the log names the address")
            .to_owned();
        server.url = format!("http://{}", server.address);
        server
    }

    /// The next event of the log whose message contains `text`.
    pub(crate) fn wait_for(&mut self, text: &str) -> serde_json::Value {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(BOUND) {
                Ok(event) => {
                    if event["message"]
                        .as_str()
                        .is_some_and(|message| message.contains(text))
                    {
                        return event;
                    }
                    seen.push(event.to_string());
                }
                Err(reason) => panic!("no `{text}` in the log ({reason}):\n{}", seen.join("\n")),
            }
        }
    }

    /// How many events say exactly `message` before one that contains `end`.
    pub(crate) fn count_until(&mut self, message: &str, end: &str) -> usize {
        let mut count = 0;
        loop {
            let event = self.log.recv_timeout(BOUND).expect("the log goes on");
            let said = event["message"].as_str().unwrap_or_default();
            if said == message {
                count += 1;
            } else if said.contains(end) {
                return count;
            }
        }
    }

    /// How many events contain `text`, from here to the end of the process.
    pub(crate) fn count_to_the_end(&mut self, text: &str) -> usize {
        let said =
            |event: serde_json::Value| event["message"].as_str().unwrap_or_default().contains(text);
        std::iter::from_fn(|| self.log.recv_timeout(BOUND).ok())
            .filter(|event| said(event.clone()))
            .count()
    }

    /// From here on the pipe of the log fills up.
    pub(crate) fn stop_reading_the_log(&self) {
        self.unread.store(true, Ordering::Release);
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends the process a signal by name, as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for the process to end.
    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let (sender, exited) = channel();
        let pid = self.pid();
        // Ends a process that does not end by itself, so that the wait below is bounded.
        std::thread::spawn(move || {
            if exited.recv_timeout(BOUND).is_err() {
                Command::new("kill")
                    .args(["-9", &pid.to_string()])
                    .status()
                    .ok();
            }
        });
        let status = self.child.wait().expect("the process is ours");
        sender.send(()).ok();
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
