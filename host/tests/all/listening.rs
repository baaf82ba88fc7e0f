//! Who listens to what happens to models over a WebSocket: a real client, one that does not read, a page of another site.
//! Knows the wire; nothing of a model.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::server::{Server, root};
use crate::swap::{Folder, live, manifest};

const UPGRADE: &str = "GET /events HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Where host/tests/api.sh has put the tools.
#[allow(clippy::disallowed_methods, reason = "the tests' own setting")]
pub(crate) fn tools() -> PathBuf {
    let folder = std::env::var_os("MODELHOST_TEST_API");
    PathBuf::from(folder.expect("host/tests/run sets MODELHOST_TEST_API: start the tests with it"))
}

/// Python's `websockets`, as a process that ends with this value.
struct Client(Child);

impl Client {
    fn start(server: &Server) -> Client {
        let child = Command::new(tools().join("bin/python"))
            .arg(root().join("host/tests/api/listen.py"))
            .arg(format!("ws://{}/events", server.address))
            .stdout(Stdio::piped())
            .spawn();
        Client(child.expect("python starts"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The head of the answer to an upgrade with these further headers; nothing behind it is read.
fn upgraded(stream: &mut TcpStream, more: &str) -> String {
    let asked = format!("{UPGRADE}{more}\r\n");
    stream
        .write_all(asked.as_bytes())
        .expect("the server reads");
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head is text")
}

/// Each frame is an event as JSON; pings are answered, and the end of the server is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_hears_the_same_and_is_closed_with_a_reason() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let mut server = live(&folder.path("m.yaml"), &[]);
    let mut client = Client::start(&server);
    let output = client.0.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    assert_eq!(lines.next().as_deref(), Some("pong"));
    folder.write("m.yaml", &manifest("nan", ""));
    server.wait_for("the new version is not served");
    folder.write("m.yaml", &manifest("triple", ""));
    let mut kinds = Vec::new();
    for line in lines.by_ref() {
        let event: Value = serde_json::from_str(&line).expect("a frame is JSON");
        assert_eq!(event["model"], "m", "{event}");
        assert!(event["at"].is_f64() && event["text"].is_string(), "{event}");
        let kind = event["kind"].as_str().expect("a kind").to_owned();
        kinds.push(kind);
        if event["kind"] == "live" {
            break;
        }
    }
    assert!(kinds.contains(&"stage".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"refused".to_owned()), "{kinds:?}");
    server.signal("TERM");
    let end = lines.find(|line| line.starts_with("closed"));
    assert_eq!(end.as_deref(), Some("closed 1001 the server is ending"));
    assert!(server.wait_for_exit().success());
}

/// A listener that never reads, nor says goodbye, keeps the server from nothing.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_holds_nothing_up() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let mut server = live(&folder.path("m.yaml"), &[]);
    let mut stream = server.connect();
    let answer = upgraded(&mut stream, "");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    server.signal("TERM");
    assert!(server.wait_for_exit().success());
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).ok();
    // A close frame: FIN and opcode 8.
    assert_eq!(rest.first(), Some(&0x88));
}

/// Browsers let any page open a WebSocket: one of another site is refused unless it is named.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_listen_where_they_are_named() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let named = ("MODELHOST_CORS", "https://shop.example");
    for (environment, more, status) in [
        (vec![], "", 101),
        (vec![], "origin: http://x\r\n", 101),
        (vec![], "origin: https://shop.example\r\n", 403),
        (vec![], "origin: null\r\n", 403),
        (
            vec![],
            "origin: https://page.example\r\nx-forwarded-host: page.example\r\n",
            101,
        ),
        (vec![named], "origin: https://shop.example\r\n", 101),
        (vec![named], "origin: https://other.example\r\n", 403),
    ] {
        let server = live(&folder.path("m.yaml"), &environment);
        let mut stream = server.connect();
        let answer = upgraded(&mut stream, more);
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{more}: {answer}");
    }
}
