//! How to reach the Hub, and where its cache lies, with the precedence that Hugging Face's own libraries follow.
//! Must not read the environment or the disk: both are passed in.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The public Hub.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Everything that decides how a Hub repository is fetched.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Address of the hub, without a trailing `/`.
    pub endpoint: String,
    /// Sent as a bearer token where there is one.
    pub token: Option<Secret>,
    /// The `hub` cache folder, shared with Hugging Face's own libraries.
    pub cache: PathBuf,
    /// Never use the network.
    pub offline: bool,
    /// A request or download on which nothing moves for this long has stalled.
    pub request_timeout: Duration,
    /// Tries after the first one, for failures that may pass.
    pub retries: u32,
    /// Wait before the first retry; doubled for each further one.
    pub backoff: Duration,
}

impl HubSettings {
    /// Settings from environment variables. `var` looks a variable up, `read` reads a token file.
    ///
    /// An empty variable counts as unset.
    pub fn from_vars(
        var: impl Fn(&str) -> Option<String>,
        read: impl Fn(&Path) -> Option<String>,
    ) -> Self {
        let var = |name: &str| {
            var(name)
                .map(|value| value.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let is_on = |name: &str| var(name).is_some_and(|value| is_true(&value));
        // Without a home there is no private place; hf-hub takes /tmp as well.
        let user_home = PathBuf::from(var("HOME").unwrap_or_else(|| "/tmp".to_owned()));
        let path = |name: &str| var(name).map(|value| expand(&value, &user_home));

        let hf_home = path("HF_HOME")
            .or_else(|| path("XDG_CACHE_HOME").map(|cache| cache.join("huggingface")))
            .unwrap_or_else(|| user_home.join(".cache").join("huggingface"));
        let cache = path("HF_HUB_CACHE")
            .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
            .unwrap_or_else(|| hf_home.join("hub"));
        let from_file = || {
            let file = path("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
            read(&file)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let token = if is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            None
        } else {
            var("HF_TOKEN").or_else(from_file).map(Secret::new)
        };
        // Hugging Face's own name for it, in whole seconds; 0 would stall every download at once.
        let timeout = var("HF_HUB_DOWNLOAD_TIMEOUT")
            .and_then(|seconds| seconds.parse().ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        let endpoint = var("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());

        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token,
            cache,
            offline: is_on("HF_HUB_OFFLINE"),
            request_timeout: timeout.unwrap_or(Self::default().request_timeout),
            ..Self::default()
        }
    }

    /// The endpoint as messages show it: without a password.
    pub(crate) fn shown_endpoint(&self) -> String {
        match (
            self.endpoint.split_once("://"),
            self.endpoint.rsplit_once('@'),
        ) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
            _ => self.endpoint.clone(),
        }
    }

    /// What hf-hub is to take for the token: without any it would look into the environment itself, and what cannot be a
    /// header value it leaves out of the request.
    pub(crate) fn token_or_none(&self) -> &str {
        self.token.as_ref().map_or("\n", Secret::reveal)
    }

    /// `text`, which another machine wrote, without the token.
    pub(crate) fn redact(&self, text: &str) -> String {
        match &self.token {
            Some(token) => token.redact(text),
            None => text.to_owned(),
        }
    }
}

impl Default for HubSettings {
    /// The public Hub without a token, and a cache in the working folder.
    fn default() -> Self {
        Self {
            endpoint: DEFAULT_ENDPOINT.to_owned(),
            token: None,
            cache: PathBuf::from("hub-cache"),
            offline: false,
            request_timeout: Duration::from_secs(30),
            retries: 4,
            backoff: Duration::from_millis(500),
        }
    }
}

/// A text that no log or message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without this secret.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"]
        .iter()
        .any(|on| value.eq_ignore_ascii_case(on))
}

fn expand(path: &str, user_home: &Path) -> PathBuf {
    match path.strip_prefix('~') {
        Some("") => user_home.to_owned(),
        Some(rest) if rest.starts_with('/') => user_home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(vars: &[(&str, &str)], files: &[(&str, &str)]) -> HubSettings {
        HubSettings::from_vars(
            |name| {
                let found = vars.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            },
            |path| {
                let found = files.iter().find(|(key, _)| Path::new(key) == path);
                found.map(|(_, text)| (*text).to_owned())
            },
        )
    }

    #[test]
    fn the_cache_folder_follows_the_libraries_precedence() {
        let all = [
            ("HF_HUB_CACHE", "/a"),
            ("HUGGINGFACE_HUB_CACHE", "/b"),
            ("HF_HOME", "/c"),
            ("XDG_CACHE_HOME", "/d"),
            ("HOME", "/e"),
        ];
        for (skip, expected) in [
            "/a",
            "/b",
            "/c/hub",
            "/d/huggingface/hub",
            "/e/.cache/huggingface/hub",
        ]
        .iter()
        .enumerate()
        {
            assert_eq!(settings(&all[skip..], &[]).cache, Path::new(expected));
        }
        assert_eq!(
            settings(&[], &[]).cache,
            Path::new("/tmp/.cache/huggingface/hub")
        );
    }

    #[test]
    fn a_tilde_is_the_home_folder_and_an_empty_variable_is_unset() {
        let vars = [("HOME", "/e"), ("HF_HUB_CACHE", ""), ("HF_HOME", "~/hf")];
        assert_eq!(settings(&vars, &[]).cache, Path::new("/e/hf/hub"));
    }

    #[test]
    fn the_token_comes_from_the_variable_then_its_file_then_the_stored_one() {
        let files = [("/t", " from-path\n"), ("/h/token", "stored\n")];
        let token = |vars: &[(&str, &str)]| {
            settings(vars, &files)
                .token
                .map(|secret| secret.reveal().to_owned())
        };
        let home = ("HF_HOME", "/h");
        let file = ("HF_TOKEN_PATH", "/t");
        assert_eq!(
            token(&[("HF_TOKEN", "direct"), file, home]).as_deref(),
            Some("direct")
        );
        assert_eq!(token(&[file, home]).as_deref(), Some("from-path"));
        assert_eq!(token(&[home]).as_deref(), Some("stored"));
        assert_eq!(token(&[("HF_HOME", "/none")]), None);
    }

    #[test]
    fn a_disabled_implicit_token_is_never_sent() {
        let vars = [
            ("HF_TOKEN", "direct"),
            ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"),
        ];
        assert_eq!(settings(&vars, &[]).token, None);
    }

    #[test]
    fn offline_is_on_for_the_documented_words_only() {
        for (value, offline) in [
            ("1", true),
            ("ON", true),
            ("yes", true),
            ("True", true),
            ("0", false),
            ("", false),
        ] {
            assert_eq!(
                settings(&[("HF_HUB_OFFLINE", value)], &[]).offline,
                offline,
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_endpoint_loses_its_trailing_slash() {
        assert_eq!(
            settings(&[("HF_ENDPOINT", "http://mirror:1/")], &[]).endpoint,
            "http://mirror:1"
        );
        assert_eq!(settings(&[], &[]).endpoint, DEFAULT_ENDPOINT);
    }

    #[test]
    fn an_endpoint_is_shown_without_its_password() {
        let shown = |endpoint| settings(&[("HF_ENDPOINT", endpoint)], &[]).shown_endpoint();
        assert_eq!(
            shown("https://user:secret@mirror.example/hub"),
            "https://mirror.example/hub"
        );
        assert_eq!(shown("http://127.0.0.1:8095"), "http://127.0.0.1:8095");
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let text = format!("{:?}", settings(&[("HF_TOKEN", "hf_secret")], &[]));
        assert!(!text.contains("hf_secret"), "{text}");
    }
}
