//! One client: a connection that is kept alive, one request at a time. The only file of the load generator that names hyper.
//! Must not know schedules, nor what becomes of times.

use super::Target;
use super::stages::{self, Stages};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer that is worth waiting for: a model's own deadline is seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is kept of an answer that is not 200.
const KEPT: usize = 500;
/// More than any answer about a model.
const MOST: usize = 16 << 20;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    /// A connection that broke, or an answer that is none.
    #[error("the connection failed: {}", whole(.0))]
    Broken(#[from] hyper::Error),
    /// No whole answer in time.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// The target is no address that can be written into a request.
    #[error("`{0}` cannot be written into a request")]
    Address(String),
}

/// hyper's errors keep the reason in what they wrap.
fn whole(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// An answer to a prediction.
pub(super) struct Answer {
    pub(super) status: u16,
    /// How the body begins, where the status is not 200.
    pub(super) said: String,
    headers: HeaderMap,
}

impl Answer {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's own times.
    pub(super) fn stages(&self) -> Stages {
        self.header("server-timing")
            .map_or_else(Stages::default, stages::parse)
    }
}

/// A client.
pub(super) struct Client {
    address: String,
    host: HeaderValue,
    path: Uri,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of `target`, not connected yet.
    pub(super) fn new(target: &Target) -> Result<Client, Fault> {
        let unfit = |text: &str| Fault::Address(text.to_owned());
        // As curl writes it: the port of the scheme goes without saying.
        let host = target.address.strip_suffix(":80");
        let host = host.unwrap_or(&target.address);
        Ok(Client {
            host: HeaderValue::from_str(host).map_err(|_| unfit(host))?,
            path: target.path.parse().map_err(|_| unfit(&target.path))?,
            address: target.address.clone(),
            sender: None,
        })
    }

    /// Another client of the same target, with a connection of its own.
    pub(super) fn another(&self) -> Client {
        Client {
            address: self.address.clone(),
            host: self.host.clone(),
            path: self.path.clone(),
            sender: None,
        }
    }

    /// Sends `body` and reads the whole answer.
    pub(super) async fn post(&mut self, body: Bytes) -> Result<Answer, Fault> {
        let request = self.request(Method::POST, self.path.clone(), body);
        let within = timeout(PATIENCE, self.exchange(request, is_not_ok, KEPT));
        let (head, said) = within.await.map_err(|_| Fault::Silent)??;
        Ok(Answer {
            status: head.status.as_u16(),
            said: String::from_utf8_lossy(&said).into_owned(),
            headers: head.headers,
        })
    }

    /// The status and body of `GET path`.
    pub(super) async fn get(&mut self, path: &str) -> Result<(u16, Vec<u8>), Fault> {
        let uri = path.parse().map_err(|_| Fault::Address(path.to_owned()))?;
        let request = self.request(Method::GET, uri, Bytes::new());
        let within = timeout(PATIENCE, self.exchange(request, |_| true, MOST));
        let (head, body) = within.await.map_err(|_| Fault::Silent)??;
        Ok((head.status.as_u16(), body))
    }

    fn request(&self, method: Method, path: Uri, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// Keeps the connection only once the whole answer is read, so that none is used again with a rest in it.
    async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        is_kept: fn(StatusCode) -> bool,
        most: usize,
    ) -> Result<(Parts, Vec<u8>), Fault> {
        let mut sender = self.ready().await?;
        let (head, mut body) = sender.send_request(request).await?.into_parts();
        let keep = if is_kept(head.status) { most } else { 0 };
        let mut kept = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                let room = keep.saturating_sub(kept.len()).min(data.len());
                kept.extend_from_slice(&data[..room]);
            }
        }
        self.sender = Some(sender);
        Ok((head, kept))
    }

    /// The connection, or a new one where the server has closed it after an answer, as it may.
    async fn ready(&mut self) -> Result<SendRequest<Full<Bytes>>, Fault> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream = TcpStream::connect(&self.address).await;
        let stream = stream.map_err(Fault::Connect)?;
        stream.set_nodelay(true).map_err(Fault::Connect)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // What ends it is told to whoever waits for an answer.
        tokio::spawn(async move { connection.await.ok() });
        Ok(sender)
    }
}

fn is_not_ok(status: StatusCode) -> bool {
    status != StatusCode::OK
}
