//! A Hugging Face Hub in this process, with faults on demand: one repository, files in git and in LFS.
//! Must not know what is tested with it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const OWNER: &str = "acme";
pub(crate) const NAME: &str = "x";

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// `GET /api/models/…/revision/…`
    Resolve,
    /// `HEAD …/resolve/…`
    Head,
    /// `GET …/resolve/…`
    Get,
    /// `GET /api/models/…/tree/…`
    Tree,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Another status, with a JSON error and maybe further headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Half of the promised bytes, then the connection breaks.
    ShortBody,
    /// As many bytes as promised, but others.
    WrongBytes,
    /// Half of the bytes, then silence.
    Stall,
    /// No answer at all.
    Silence,
    /// A 307 to the same file under another name of the repository.
    RelativeRedirect,
    /// A 302 to another host, as large files have it: digest and size come in headers of their own.
    OtherHost,
    /// An etag that is no digest.
    OddEtag,
    /// A page for people where JSON was asked for, as a proxy in between sends it.
    Html,
}

impl Fault {
    pub(crate) fn status(code: u16) -> Self {
        Self::Status(code, Vec::new())
    }

    pub(crate) fn with_header(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Status(code, mut headers) => {
                headers.push((name, value.into()));
                Self::Status(code, headers)
            }
            other => other,
        }
    }
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
}

#[derive(Debug, Clone)]
struct Stored {
    bytes: Bytes,
    etag: String,
}

#[derive(Debug, Default)]
struct State {
    commit: String,
    files: BTreeMap<String, Stored>,
    /// The files of commits that `main` named before.
    past: BTreeMap<String, BTreeMap<String, Stored>>,
    faults: Vec<(On, Fault, usize)>,
    seen: Vec<Seen>,
}

/// The running hub; it stops listening when dropped.
#[derive(Debug)]
pub(crate) struct FakeHub {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl FakeHub {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let state = Arc::new(Mutex::new(State {
            commit: commit(1),
            ..State::default()
        }));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self {
            endpoint: format!("http://{address}"),
            state,
            accepting,
        }
    }

    /// Adds a file as the Hub stores large ones: its etag is the sha256.
    pub(crate) fn lfs(self, path: &str, bytes: &[u8]) -> Self {
        self.put(path, bytes, sha256(bytes));
        self
    }

    /// Adds a file as the Hub stores small ones: its etag is the git blob id.
    pub(crate) fn git(self, path: &str, bytes: &[u8]) -> Self {
        self.put(path, bytes, git_blob(bytes));
        self
    }

    fn put(&self, path: &str, bytes: &[u8], etag: String) {
        let stored = Stored {
            bytes: Bytes::copy_from_slice(bytes),
            etag,
        };
        self.state().files.insert(path.to_owned(), stored);
    }

    /// The file has other bytes from here on.
    pub(crate) fn replace(&self, path: &str, bytes: &[u8]) {
        self.put(path, bytes, sha256(bytes));
    }

    /// `main` names another commit from here on; the files of the one before stay as they are.
    pub(crate) fn move_main(&self, number: u8) {
        let mut state = self.state();
        let (before, files) = (state.commit.clone(), state.files.clone());
        state.past.insert(before, files);
        state.commit = commit(number);
        let now = state.commit.clone();
        state.past.remove(&now);
    }

    /// The next `times` requests of a kind go wrong.
    pub(crate) fn fail(&self, on: On, fault: Fault, times: usize) {
        self.state().faults.push((on, fault, times));
    }

    /// Every request so far, and forgets them.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while locked")
    }
}

impl Drop for FakeHub {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

pub(crate) fn commit(number: u8) -> String {
    format!("{number:02x}").repeat(20)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

pub(crate) fn git_blob(bytes: &[u8]) -> String {
    let prefix = format!("blob {}\0", bytes.len());
    format!(
        "{:x}",
        Sha1::new_with_prefix(prefix).chain_update(bytes).finalize()
    )
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer(&request, &mut state.lock().expect("no panic while locked"));
            async move {
                match answer {
                    Some(response) => Ok::<_, Infallible>(response),
                    None => std::future::pending().await,
                }
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        // A client that goes away, as one does after a stall, is no failure of the hub.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// The answer to one request; `None` is none.
fn answer(request: &Request<Incoming>, state: &mut State) -> Option<Response<Steps>> {
    let path = request.uri().path().to_owned();
    let header = |name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().ok()?.to_owned())
    };
    let host = header("host").unwrap_or_default();
    state.seen.push(Seen {
        line: format!("{} {path}", request.method()),
        host: host.clone(),
        authorization: header("authorization"),
    });
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", "models", OWNER, NAME] => Some(json(200, &[], "{\"id\":\"acme/x\"}")),
        ["api", "models", OWNER, NAME, "revision", revision] => resolve_revision(state, revision),
        ["api", "models", OWNER, NAME, "tree", revision] if knows(state, revision) => {
            match strike(state, On::Tree) {
                Some(Fault::Status(code, headers)) => Some(error(code, &headers)),
                Some(Fault::Html) => Some(json(200, &[], "<html>please log in</html>")),
                _ => Some(json(200, &[], &tree(state))),
            }
        }
        [OWNER, NAME | "renamed", "resolve", revision, file @ ..] => {
            let on = match *request.method() {
                Method::HEAD => On::Head,
                _ => On::Get,
            };
            // A redirect's target has no faults of its own.
            let fault = match parts[1] {
                NAME => strike(state, on),
                _ => None,
            };
            let file = file.join("/");
            match fault {
                Some(Fault::OtherHost) => Some(other_host(state, &host, revision, &file)),
                fault => resolve_file(state, on, fault, revision, &file),
            }
        }
        _ => Some(not_found("RepoNotFound")),
    }
}

fn knows(state: &State, revision: &str) -> bool {
    files(state, revision).is_some()
}

fn files<'a>(state: &'a State, revision: &str) -> Option<&'a BTreeMap<String, Stored>> {
    match revision == "main" || revision == state.commit {
        true => Some(&state.files),
        false => state.past.get(revision),
    }
}

/// The commit that a revision is.
fn commit_of(state: &State, revision: &str) -> String {
    match state.past.contains_key(revision) {
        true => revision.to_owned(),
        false => state.commit.clone(),
    }
}

fn not_found(code: &str) -> Response<Steps> {
    json(
        404,
        &[("x-error-code", code.to_owned())],
        "{\"error\":\"not found\"}",
    )
}

fn resolve_revision(state: &mut State, revision: &str) -> Option<Response<Steps>> {
    match strike(state, On::Resolve) {
        Some(Fault::Status(code, headers)) => return Some(error(code, &headers)),
        Some(Fault::Silence) => return None,
        Some(Fault::Html) => return Some(json(200, &[], "<html>please log in</html>")),
        _ => {}
    }
    if !knows(state, revision) {
        return Some(not_found("RevisionNotFound"));
    }
    let commit = commit_of(state, revision);
    let body = format!("{{\"id\":\"acme/x\",\"sha\":\"{commit}\"}}");
    Some(json(200, &[], &body))
}

fn resolve_file(
    state: &State,
    on: On,
    fault: Option<Fault>,
    revision: &str,
    file: &str,
) -> Option<Response<Steps>> {
    match &fault {
        Some(Fault::Status(code, headers)) => return Some(error(*code, headers)),
        Some(Fault::Silence) => return None,
        Some(Fault::RelativeRedirect) => {
            let location = format!("/{OWNER}/renamed/resolve/{revision}/{file}");
            return Some(json(307, &[("location", location)], ""));
        }
        _ => {}
    }
    let Some(files) = files(state, revision) else {
        return Some(not_found("RevisionNotFound"));
    };
    let commit = ("x-repo-commit", commit_of(state, revision));
    let Some(stored) = files.get(file) else {
        let code = ("x-error-code", "EntryNotFound".to_owned());
        return Some(json(404, &[commit, code], "{\"error\":\"no such entry\"}"));
    };
    let etag = match &fault {
        Some(Fault::OddEtag) => "5d41402abc4b2a76",
        _ => stored.etag.as_str(),
    };
    let length = stored.bytes.len();
    let half = Step::Data(stored.bytes.slice(..length / 2));
    let steps = match &fault {
        _ if on == On::Head => vec![],
        Some(Fault::ShortBody) => vec![half, Step::Flush, Step::Break],
        Some(Fault::Stall) => vec![half, Step::Hang],
        Some(Fault::WrongBytes) => {
            let wrong: Vec<u8> = stored.bytes.iter().map(|byte| !byte).collect();
            vec![Step::Data(wrong.into())]
        }
        _ => vec![Step::Data(stored.bytes.clone())],
    };
    let headers = [
        ("etag", format!("\"{etag}\"")),
        ("content-length", length.to_string()),
        commit,
    ];
    Some(response(200, &headers, steps))
}

/// The same machine under another name, so that a client sees another host.
fn other_host(state: &State, host: &str, revision: &str, file: &str) -> Response<Steps> {
    let Some(stored) = state.files.get(file) else {
        return not_found("EntryNotFound");
    };
    let other = host.replace("127.0.0.1", "localhost");
    let headers = [
        (
            "location",
            format!("http://{other}/{OWNER}/renamed/resolve/{revision}/{file}"),
        ),
        ("etag", "\"of the redirect\"".to_owned()),
        ("x-linked-etag", format!("\"{}\"", stored.etag)),
        ("x-linked-size", stored.bytes.len().to_string()),
        ("x-repo-commit", state.commit.clone()),
    ];
    json(302, &headers, "moved")
}

/// Takes the next fault that is meant for this kind of request.
fn strike(state: &mut State, on: On) -> Option<Fault> {
    let (_, fault, times) = state
        .faults
        .iter_mut()
        .find(|(place, _, times)| *place == on && *times > 0)?;
    *times -= 1;
    Some(fault.clone())
}

fn tree(state: &State) -> String {
    let entries = state.files.iter().map(|(path, stored)| {
        let (size, oid) = (stored.bytes.len(), git_blob(&stored.bytes));
        format!("{{\"type\":\"file\",\"oid\":\"{oid}\",\"size\":{size},\"path\":\"{path}\"}}")
    });
    format!("[{}]", entries.collect::<Vec<_>>().join(","))
}

fn error(code: u16, headers: &[(&str, String)]) -> Response<Steps> {
    json(code, headers, "{\"error\":\"as the test asked\"}")
}

fn json(code: u16, headers: &[(&str, String)], body: &str) -> Response<Steps> {
    let mut headers = headers.to_vec();
    headers.push(("content-length", body.len().to_string()));
    headers.push(("content-type", "application/json".to_owned()));
    response(
        code,
        &headers,
        vec![Step::Data(Bytes::copy_from_slice(body.as_bytes()))],
    )
}

fn response(code: u16, headers: &[(&str, String)], steps: Vec<Step>) -> Response<Steps> {
    let mut steps = steps;
    steps.reverse();
    let mut response = Response::new(Steps(steps));
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    for (name, value) in headers {
        let name = hyper::header::HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        response
            .headers_mut()
            .insert(name, value.parse().expect("a header value"));
    }
    response
}

#[derive(Debug)]
enum Step {
    Data(Bytes),
    /// Lets what came before leave; without it a broken body takes its beginning along.
    Flush,
    Hang,
    Break,
}

/// A body that does what it is told, last step first.
#[derive(Debug)]
struct Steps(Vec<Step>);

impl Body for Steps {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.pop() {
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Step::Flush) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Hang) => {
                self.0.push(Step::Hang);
                Poll::Pending
            }
            Some(Step::Break) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
            None => Poll::Ready(None),
        }
    }
}

/// Long enough for a slow machine to answer, short enough for a test to wait for.
pub(crate) const STALL_AFTER: Duration = Duration::from_millis(300);
