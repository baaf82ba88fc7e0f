//! A client: requests to a running server, answers taken apart.
//! Knows HTTP and JSON; nothing of a model.

use crate::server::Server;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// A header's text; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// Asserts an error in the one shape that errors have, and gives its parts.
    pub(crate) fn refusal(&self, status: u16) -> (String, String, String) {
        let json = self.json();
        let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(self.status, status, "{json}");
        assert!(!part("error").is_empty(), "{json}");
        assert!(!self.header("x-request-id").is_empty());
        (part("error"), part("error_type"), part("field"))
    }
}

pub(crate) async fn finish(request: reqwest::RequestBuilder) -> Answer {
    let response = request
        .timeout(Duration::from_secs(60))
        .send()
        .await
        .expect("the server answers");
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.expect("the body is text"),
    }
}

impl Server {
    /// `GET path`
    pub(crate) async fn get(&self, path: &str) -> Answer {
        finish(reqwest::Client::new().get(format!("{}{path}", self.url))).await
    }

    /// Any method, no body.
    pub(crate) async fn ask(&self, method: reqwest::Method, path: &str) -> Answer {
        finish(reqwest::Client::new().request(method, format!("{}{path}", self.url))).await
    }

    /// `POST path` with a body of this media type.
    pub(crate) async fn send(
        &self,
        path: &str,
        media_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.url))
            .header("content-type", media_type)
            .body(body);
        finish(request).await
    }

    /// `POST path` with JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, "application/json", body.to_string()).await
    }

    /// A bare connection, for what no client library would send.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a timeout can be set");
        stream
    }
}

/// Writes `bytes` and reads until the server closes or has sent a whole answer with a Content-Length.
pub(crate) fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).expect("the server reads");
    read_answer(stream)
}

/// Reads one answer with a Content-Length, or until the server closes.
pub(crate) fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0; 1];
    let mut bytes = Vec::new();
    while let Ok(1) = stream.read(&mut byte) {
        bytes.push(byte[0]);
        text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, length)| length.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                break;
            }
        }
    }
    text
}

/// Asks again and again until `condition` holds, at most a minute.
/// The one place where tests wait for something that sends no signal.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..3000 {
        pause.tick().await;
        if condition().await {
            return;
        }
    }
    panic!("never happened: {what}");
}
