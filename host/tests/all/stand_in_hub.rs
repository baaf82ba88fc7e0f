//! A Hugging Face Hub in this process that can be written to: repos, commits, large files by Git LFS, tags, Spaces.
//! Must not know what is tested with it; `publish::python` holds it against Python's `huggingface_hub` first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fake_hub::{git_blob, sha256};

/// Who may write, and under which name.
pub(crate) const TOKEN: &str = "hf_StandInSecret";
const OWNER: &str = "acme";

/// Entries of one page of a listing.
const PAGE: usize = 100;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `POST /api/…`, without the query.
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
}

#[derive(Debug, Clone)]
struct Kept {
    bytes: Bytes,
    is_large: bool,
}

#[derive(Debug, Clone)]
struct Commit {
    name: String,
    title: String,
    files: BTreeMap<String, Kept>,
}

#[derive(Debug, Clone, Default)]
struct Repo {
    is_private: bool,
    sdk: Option<String>,
    commits: Vec<Commit>,
    tags: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
}

/// What goes wrong, where and how often.
#[derive(Debug)]
struct Fault {
    method: &'static str,
    place: &'static str,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
    times: usize,
}

#[derive(Debug, Default)]
struct State {
    endpoint: String,
    /// By `models/owner/name` or `spaces/owner/name`.
    repos: BTreeMap<String, Repo>,
    /// Repos that are there and that our token may not see.
    hidden: BTreeSet<String>,
    objects: BTreeMap<String, Bytes>,
    stages: VecDeque<Value>,
    faults: Vec<Fault>,
    seen: Vec<Seen>,
    commits: u32,
}

/// The running hub; it stops listening when dropped.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let endpoint = format!("http://{address}");
        let state = Arc::new(Mutex::new(State {
            endpoint: endpoint.clone(),
            ..State::default()
        }));
        Self {
            endpoint,
            accepting: tokio::spawn(accept(listener, Arc::clone(&state))),
            state,
        }
    }

    /// The next `times` requests of `method` whose path contains `place` are answered so.
    pub(crate) fn fail(
        &self,
        (method, place): (&'static str, &'static str),
        status: u16,
        headers: &[(&'static str, &'static str)],
        words: &str,
        times: usize,
    ) {
        self.state().faults.push(Fault {
            method,
            place,
            status,
            headers: headers.to_vec(),
            body: json!({ "error": words }),
            times,
        });
    }

    /// A repo of somebody else's that our token cannot see.
    pub(crate) fn hide(&self, key: &str) {
        self.state().hidden.insert(key.to_owned());
    }

    /// The stages that a Space goes through, one at each look; the last one stays.
    pub(crate) fn stages(&self, stages: &[Value]) {
        self.state().stages = stages.iter().cloned().collect();
    }

    /// Every request so far, and forgets them.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// The names of all repos.
    pub(crate) fn repos(&self) -> Vec<String> {
        self.state().repos.keys().cloned().collect()
    }

    /// The commits of a repo, oldest first, each with its title.
    pub(crate) fn commits(&self, key: &str) -> Vec<(String, String)> {
        let state = self.state();
        let commits = state.repos[key].commits.iter();
        let commits = commits.map(|commit| (commit.name.clone(), commit.title.clone()));
        commits.collect()
    }

    /// What a file of the newest commit holds, and whether it lies outside of git.
    pub(crate) fn file(&self, key: &str, path: &str) -> Option<(Bytes, bool)> {
        let state = self.state();
        let kept = state.repos.get(key)?.commits.last()?.files.get(path)?;
        Some((kept.bytes.clone(), kept.is_large))
    }

    /// The paths of the newest commit.
    pub(crate) fn paths(&self, key: &str) -> Vec<String> {
        let state = self.state();
        let newest = state.repos[key].commits.last().expect("a commit");
        newest.files.keys().cloned().collect()
    }

    /// Whether a repo is private, its SDK, tags, variables and secrets.
    pub(crate) fn about(&self, key: &str) -> Value {
        let state = self.state();
        let repo = &state.repos[key];
        json!({
            "private": repo.is_private, "sdk": repo.sdk, "tags": repo.tags,
            "variables": repo.variables, "secrets": repo.secrets,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while locked")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What comes back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Answer {
    fn json(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into(),
        }
    }

    fn ok(body: &Value) -> Answer {
        Answer::json(200, body)
    }

    fn error(status: u16, words: &str) -> Answer {
        Answer::json(status, &json!({ "error": words }))
    }

    fn missing(code: &str) -> Answer {
        Answer::error(404, "not found").with("x-error-code", code)
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request: Request<Incoming>| {
            let state = Arc::clone(&state);
            async move {
                let (head, body) = request.into_parts();
                let body = match body.collect().await {
                    Ok(body) => body.to_bytes(),
                    Err(_) => Bytes::new(),
                };
                let call = Call {
                    method: head.method.as_str().to_owned(),
                    path: head.uri.path().to_owned(),
                    query: head.uri.query().unwrap_or_default().to_owned(),
                    authorization: head
                        .headers
                        .get("authorization")
                        .and_then(|value| Some(value.to_str().ok()?.to_owned())),
                    body,
                };
                let answer = state.lock().expect("no panic while locked").answer(&call);
                let mut response = Response::new(Full::new(match call.method.as_str() {
                    "HEAD" => Bytes::new(),
                    _ => answer.body,
                }));
                *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
                for (name, value) in answer.headers {
                    let name: hyper::header::HeaderName = name.parse().expect("a header name");
                    let value = value.parse().expect("a header value");
                    response.headers_mut().insert(name, value);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        // A client that goes away is no failure of the hub.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// A request with its body.
struct Call {
    method: String,
    path: String,
    query: String,
    authorization: Option<String>,
    body: Bytes,
}

impl Call {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn is_ours(&self) -> bool {
        self.authorization.as_deref() == Some(&format!("Bearer {TOKEN}"))
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Answer {
        self.seen.push(Seen {
            line: format!("{} {}", call.method, call.path),
            authorization: call.authorization.clone(),
        });
        let strikes = |fault: &&mut Fault| {
            fault.times > 0 && fault.method == call.method && call.path.contains(fault.place)
        };
        if let Some(fault) = self.faults.iter_mut().find(strikes) {
            fault.times -= 1;
            let answer = Answer::json(fault.status, &fault.body);
            let headers = fault.headers.iter();
            return headers.fold(answer, |answer, (name, value)| answer.with(name, *value));
        }
        if call.path.starts_with("/storage/") {
            return self.storage(call);
        }
        if call.authorization.is_some() && !call.is_ours() {
            return Answer::error(401, "Invalid username or password.");
        }
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("POST", ["api", "repos", "create"]) => self.create(call),
            ("POST", ["api", "validate-yaml"]) => {
                Answer::ok(&json!({"errors": [], "warnings": []}))
            }
            ("GET", ["api", "whoami-v2"]) => {
                Answer::ok(&json!({"type": "user", "name": OWNER, "orgs": []}))
            }
            (_, ["api", kind @ ("models" | "spaces"), owner, name, rest @ ..]) => {
                let key = format!("{kind}/{owner}/{name}");
                self.of_repo(call, &key, rest)
            }
            ("POST", ["spaces", owner, name, "info", "lfs", rest @ ..]) => self.lfs(
                call,
                &format!("spaces/{owner}/{}", name.trim_end_matches(".git")),
                rest,
            ),
            ("POST", [owner, name, "info", "lfs", rest @ ..]) => self.lfs(
                call,
                &format!("models/{owner}/{}", name.trim_end_matches(".git")),
                rest,
            ),
            ("GET" | "HEAD", [owner, name, "resolve", revision, file @ ..]) => self.resolve(
                call,
                &format!("models/{owner}/{name}"),
                revision,
                &file.join("/"),
            ),
            _ => Answer::missing("RepoNotFound"),
        }
    }

    fn create(&mut self, call: &Call) -> Answer {
        let asked = call.json();
        let text = |key: &str| asked[key].as_str().unwrap_or_default().to_owned();
        let kind = match text("type").as_str() {
            "space" => "spaces",
            _ => "models",
        };
        let owner = match asked["organization"].as_str() {
            Some(owner) => owner.to_owned(),
            None => OWNER.to_owned(),
        };
        if !call.is_ours() {
            return Answer::error(401, "Invalid username or password.");
        }
        let key = format!("{kind}/{owner}/{}", text("name"));
        if self.hidden.contains(&key) || self.repos.contains_key(&key) {
            let url = format!("{}/{}", self.endpoint, key.trim_start_matches("models/"));
            let words = "You already created this repo";
            return Answer::json(409, &json!({ "error": words, "url": url }));
        }
        if owner != OWNER {
            let words = format!(
                "You don't have the rights to create a repo under the namespace \"{owner}\""
            );
            return Answer::error(403, &words);
        }
        if kind == "spaces" && asked["sdk"].as_str() != Some("docker") {
            return Answer::error(400, "\"sdk\" is required");
        }
        let attributes = "*.onnx filter=lfs diff=lfs merge=lfs -text\n";
        let first = Kept {
            bytes: attributes.into(),
            is_large: false,
        };
        let commit = self.commit(
            "initial commit",
            [(".gitattributes".to_owned(), first)].into(),
        );
        let repo = Repo {
            is_private: asked["private"] == true || asked["visibility"] == "private",
            sdk: asked["sdk"].as_str().map(str::to_owned),
            commits: vec![commit],
            ..Repo::default()
        };
        self.repos.insert(key.clone(), repo);
        let path = key.trim_start_matches("models/");
        Answer::ok(&json!({"url": format!("{}/{path}", self.endpoint), "name": path}))
    }

    fn commit(&mut self, title: &str, files: BTreeMap<String, Kept>) -> Commit {
        self.commits += 1;
        Commit {
            name: git_blob(format!("commit {}", self.commits).as_bytes()),
            title: title.to_owned(),
            files,
        }
    }

    fn of_repo(&mut self, call: &Call, key: &str, rest: &[&str]) -> Answer {
        let Some(repo) = self
            .repos
            .get(key)
            .filter(|repo| !repo.is_private || call.is_ours())
        else {
            return Answer::missing("RepoNotFound");
        };
        let newest = repo.commits.last().expect("a commit").name.clone();
        if call.method == "POST" && !call.is_ours() {
            return Answer::error(401, "Invalid username or password.");
        }
        match (call.method.as_str(), rest) {
            ("GET", [] | ["revision", _]) => {
                let revision = rest.get(1).copied().unwrap_or("main");
                let Some(commit) = at(repo, revision) else {
                    return Answer::missing("RevisionNotFound");
                };
                let id = key.split_once('/').expect("a kind").1;
                let files = commit.files.keys().map(|path| json!({ "rfilename": path }));
                Answer::ok(&json!({
                    "_id": "0", "id": id, "sha": commit.name, "private": repo.is_private,
                    "siblings": files.collect::<Vec<_>>(), "tags": [], "downloads": 0, "likes": 0,
                }))
            }
            ("GET", ["tree", revision, inside @ ..]) => {
                let Some(commit) = at(repo, revision) else {
                    return Answer::missing("RevisionNotFound");
                };
                self.tree(call, commit, &inside.join("/"))
            }
            ("POST", ["preupload", _]) => {
                let asked = call.json();
                let files = asked["files"]
                    .as_array()
                    .expect("files")
                    .iter()
                    .map(|file| {
                        let path = file["path"].as_str().expect("a path");
                        let sample = file["sample"].as_str().expect("a sample");
                        let sample = STANDARD.decode(sample).expect("base64");
                        let size = file["size"].as_u64().expect("a size");
                        let mode = match is_large(path, &sample, size) {
                            true => "lfs",
                            false => "regular",
                        };
                        // What the newest commit has there, so that nobody commits the same again.
                        let kept = repo
                            .commits
                            .last()
                            .and_then(|commit| commit.files.get(path));
                        let oid = kept.map(|kept| match kept.is_large {
                            true => sha256(&kept.bytes),
                            false => git_blob(&kept.bytes),
                        });
                        json!({"path": path, "uploadMode": mode, "shouldIgnore": false, "oid": oid})
                    });
                Answer::ok(&json!({ "files": files.collect::<Vec<_>>() }))
            }
            ("POST", ["commit", "main"]) => self.add(call, key, &newest),
            ("POST", ["tag", revision]) => {
                let revision = at(repo, revision).map(|commit| commit.name.clone());
                let asked = call.json();
                let tag = asked["tag"].as_str().expect("a tag").to_owned();
                let repo = self.repos.get_mut(key).expect("it is there");
                match revision {
                    None => Answer::missing("RevisionNotFound"),
                    Some(_) if repo.tags.contains_key(&tag) => {
                        Answer::error(409, "Tag reference exists already")
                    }
                    Some(commit) => {
                        repo.tags.insert(tag, commit);
                        Answer::ok(&json!({}))
                    }
                }
            }
            ("POST", [what @ ("variables" | "secrets")]) if key.starts_with("spaces/") => {
                let asked = call.json();
                let text = |key: &str| asked[key].as_str().expect("text").to_owned();
                let repo = self.repos.get_mut(key).expect("it is there");
                let kept = match *what {
                    "secrets" => &mut repo.secrets,
                    _ => &mut repo.variables,
                };
                kept.insert(text("key"), text("value"));
                Answer::ok(&json!({}))
            }
            ("GET", ["runtime"]) if key.starts_with("spaces/") => {
                let stage = match self.stages.len() {
                    0 => json!({"stage": "RUNNING"}),
                    1 => self.stages[0].clone(),
                    _ => self.stages.pop_front().expect("more than one"),
                };
                let mut runtime = json!({"hardware": {"current": "cpu-basic", "requested": "cpu-basic"}, "sha": newest});
                let runtime = runtime.as_object_mut().expect("an object");
                runtime.extend(stage.as_object().expect("an object").clone());
                Answer::ok(&json!(runtime))
            }
            _ => Answer::error(404, "Sorry, we can't find the page you are looking for."),
        }
    }

    fn add(&mut self, call: &Call, key: &str, newest: &str) -> Answer {
        let lines: Vec<Value> = call
            .body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).expect("a line of JSON"))
            .collect();
        let header = &lines[0]["value"];
        assert_eq!(lines[0]["key"], "header");
        if header["parentCommit"]
            .as_str()
            .is_some_and(|parent| parent != newest)
        {
            return Answer::error(
                412,
                "A commit has happened since. Please refresh and try again.",
            );
        }
        let repo = &self.repos[key];
        let mut files = repo.commits.last().expect("a commit").files.clone();
        for line in &lines[1..] {
            let value = &line["value"];
            let path = value["path"].as_str().expect("a path").to_owned();
            match line["key"].as_str() {
                Some("file") => {
                    let content = value["content"].as_str().expect("content");
                    let bytes: Bytes = STANDARD.decode(content).expect("base64").into();
                    if is_large(&path, &bytes[..bytes.len().min(512)], bytes.len() as u64) {
                        let words =
                            format!("Your push was rejected: `{path}` has to be stored with LFS");
                        return Answer::error(400, &words);
                    }
                    let is_large = false;
                    files.insert(path, Kept { bytes, is_large });
                }
                Some("lfsFile") => {
                    let oid = value["oid"].as_str().expect("an oid");
                    let Some(bytes) = self.objects.get(oid).cloned() else {
                        return Answer::error(
                            400,
                            "LFS pointer pointed to a file that does not exist",
                        );
                    };
                    assert_eq!(value["size"].as_u64(), Some(bytes.len() as u64));
                    let is_large = true;
                    files.insert(path, Kept { bytes, is_large });
                }
                Some("deletedFile") => drop(files.remove(&path)),
                other => panic!("{other:?}"),
            }
        }
        let title = header["summary"].as_str().unwrap_or_default();
        let commit = self.commit(title, files);
        let name = commit.name.clone();
        let repo = self.repos.get_mut(key).expect("it is there");
        repo.commits.push(commit);
        let path = key.trim_start_matches("models/");
        let url = format!("{}/{path}/commit/{name}", self.endpoint);
        Answer::ok(&json!({"success": true, "commitOid": name, "commitUrl": url, "hookOutput": ""}))
    }

    fn tree(&self, call: &Call, commit: &Commit, inside: &str) -> Answer {
        let prefix = match inside {
            "" => String::new(),
            inside => format!("{inside}/"),
        };
        let is_deep =
            call.query.contains("recursive=true") || call.query.contains("recursive=True");
        let mut folders = BTreeSet::new();
        let mut entries = Vec::new();
        for (path, kept) in &commit.files {
            let Some(rest) = path.strip_prefix(&prefix) else {
                continue;
            };
            let mut at = 0;
            while let Some(slash) = rest[at..].find('/') {
                at += slash;
                folders.insert(format!("{prefix}{}", &rest[..at]));
                at += 1;
                if !is_deep {
                    break;
                }
            }
            if at > 0 && !is_deep {
                continue;
            }
            let (bytes, size) = (&kept.bytes, kept.bytes.len());
            entries.push(match kept.is_large {
                false => json!({"type": "file", "path": path, "size": size, "oid": git_blob(bytes)}),
                true => {
                    let oid = sha256(bytes);
                    let pointer = format!(
                        "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"
                    );
                    let lfs = json!({"oid": oid, "size": size, "pointerSize": pointer.len()});
                    json!({"type": "file", "path": path, "size": size, "oid": git_blob(pointer.as_bytes()), "lfs": lfs})
                }
            });
        }
        for folder in folders {
            entries.push(json!({"type": "directory", "path": folder, "size": 0, "oid": git_blob(folder.as_bytes())}));
        }
        let parameter = |name: &str| {
            let mut pairs = call
                .query
                .split('&')
                .filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let start: usize = parameter("cursor").map_or(0, |cursor| cursor.parse().expect("ours"));
        let page = entries.iter().skip(start).take(PAGE).cloned();
        let answer = Answer::ok(&json!(page.collect::<Vec<_>>()));
        match entries.len() > start + PAGE {
            false => answer,
            true => {
                let mut url = format!("{}{}?cursor={}", self.endpoint, call.path, start + PAGE);
                if is_deep {
                    url.write_str("&recursive=true").expect("a String");
                }
                answer.with("link", format!("<{url}>; rel=\"next\""))
            }
        }
    }

    fn lfs(&self, call: &Call, key: &str, rest: &[&str]) -> Answer {
        if !call.is_ours() || !self.repos.contains_key(key) {
            return Answer::error(401, "Invalid username or password.");
        }
        let asked = call.json();
        match rest {
            ["objects", "batch"] => {
                let transfers = asked["transfers"].as_array().expect("transfers");
                assert!(transfers.contains(&json!("basic")), "{transfers:?}");
                let verify = format!(
                    "{}{}",
                    self.endpoint,
                    call.path.replace("objects/batch", "verify")
                );
                let object = |object: &Value| {
                    let oid = object["oid"].as_str().expect("an oid");
                    if self.objects.contains_key(oid) {
                        return object.clone();
                    }
                    // Another host, as far as a client can tell, with its own right to write in the address.
                    let storage = self.endpoint.replace("127.0.0.1", "localhost");
                    let href = format!("{storage}/storage/{oid}?signature=ours");
                    let mut object = object.clone();
                    object["actions"] = json!({
                        "upload": {"href": href, "header": {}}, "verify": {"href": verify},
                    });
                    object
                };
                let objects = asked["objects"].as_array().expect("objects");
                let objects: Vec<Value> = objects.iter().map(object).collect();
                Answer::ok(&json!({"transfer": "basic", "objects": objects}))
            }
            ["verify"] => {
                let oid = asked["oid"].as_str().expect("an oid");
                let size = self.objects.get(oid).map(|bytes| bytes.len() as u64);
                match size.is_some() && size == asked["size"].as_u64() {
                    true => Answer::ok(&json!({})),
                    false => Answer::error(404, "the object did not arrive"),
                }
            }
            _ => Answer::missing("EntryNotFound"),
        }
    }

    fn storage(&mut self, call: &Call) -> Answer {
        let oid = call.path.trim_start_matches("/storage/");
        // What Amazon's storage does with a second kind of right.
        if call.authorization.is_some() || call.query != "signature=ours" {
            return Answer::error(400, "only one auth mechanism allowed");
        }
        match (call.method.as_str(), self.objects.get(oid)) {
            ("PUT", _) if sha256(&call.body) != oid => Answer::error(400, "the digest differs"),
            ("PUT", _) => {
                self.objects.insert(oid.to_owned(), call.body.clone());
                Answer::ok(&json!({}))
            }
            (_, Some(bytes)) => Answer {
                status: 200,
                headers: vec![
                    ("etag".to_owned(), "\"of the storage\"".to_owned()),
                    ("content-length".to_owned(), bytes.len().to_string()),
                ],
                body: bytes.clone(),
            },
            _ => Answer::missing("EntryNotFound"),
        }
    }

    fn resolve(&self, call: &Call, key: &str, revision: &str, file: &str) -> Answer {
        let Some(repo) = self
            .repos
            .get(key)
            .filter(|repo| !repo.is_private || call.is_ours())
        else {
            return Answer::missing("RepoNotFound");
        };
        let Some(commit) = at(repo, revision) else {
            return Answer::missing("RevisionNotFound");
        };
        let Some(kept) = commit.files.get(file) else {
            return Answer::missing("EntryNotFound").with("x-repo-commit", &commit.name);
        };
        let answer = match kept.is_large {
            false => Answer {
                status: 200,
                headers: vec![
                    ("etag".to_owned(), format!("\"{}\"", git_blob(&kept.bytes))),
                    ("content-length".to_owned(), kept.bytes.len().to_string()),
                ],
                body: kept.bytes.clone(),
            },
            true => {
                let oid = sha256(&kept.bytes);
                let storage = self.endpoint.replace("127.0.0.1", "localhost");
                Answer::error(302, "moved")
                    .with(
                        "location",
                        format!("{storage}/storage/{oid}?signature=ours"),
                    )
                    .with("x-linked-etag", format!("\"{oid}\""))
                    .with("x-linked-size", kept.bytes.len().to_string())
            }
        };
        answer.with("x-repo-commit", &commit.name)
    }
}

/// The commit that a branch, tag or commit names.
fn at<'r>(repo: &'r Repo, revision: &str) -> Option<&'r Commit> {
    let name = repo.tags.get(revision).map_or(revision, String::as_str);
    match name {
        "main" => repo.commits.last(),
        name => repo.commits.iter().find(|commit| commit.name == name),
    }
}

/// What the Hub keeps outside of git: by its name, its size, or bytes that are no text.
fn is_large(path: &str, sample: &[u8], size: u64) -> bool {
    path.ends_with(".onnx") || size > 10 << 20 || sample.contains(&0)
}
