//! Which sites' pages may read answers (the Fetch standard's CORS protocol).
//! Must not know which routes there are.

use warp::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HOST,
    HeaderValue, ORIGIN, VARY,
};
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;

const METHODS: &str = "GET, HEAD, POST";
const SENT: &str =
    "content-type, accept, authorization, x-api-key, x-request-id, traceparent, tracestate";
const READ: &str = "x-request-id, server-timing, retry-after, x-model-name, x-model-version, x-model-revision, x-model-sha256, x-cache, ratelimit, ratelimit-policy, traceparent, tracestate";
/// Seconds that a browser remembers what it was told.
const REMEMBERED: &str = "7200";

/// Sites, as `https://example.org`; or all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    named: Vec<String>,
}

impl Origins {
    /// These sites; `*` among them is all.
    pub fn of(sites: impl IntoIterator<Item = String>) -> Origins {
        let mut origins = Origins::default();
        for site in sites {
            match site.as_str() {
                "*" => origins.any = true,
                _ => origins.named.push(site.to_ascii_lowercase()),
            }
        }
        origins
    }

    /// The answer to a browser that asks beforehand; none where the request is another.
    pub(in crate::http) fn preflight(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let asks = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self == &Origins::default() {
            return None;
        }
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allowed(headers).is_some() {
            let told = response.headers_mut();
            told.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static(METHODS),
            );
            told.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(SENT));
            told.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
        }
        Some(response)
    }

    /// Tells the browser whether the page that asks may read `response`.
    pub(in crate::http) fn mark(&self, asked: &HeaderMap, response: &mut Response) {
        if self == &Origins::default() {
            return;
        }
        let headers = response.headers_mut();
        if !self.any {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = self.allowed(asked) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static(READ),
            );
        }
    }

    /// Whether a page may listen where the browser does not ask beforehand: one of this server, or of a site that is named.
    pub(in crate::http) fn may_listen(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let site = origin.split_once("://").map_or(origin, |(_, site)| site);
        // A page cannot set either of these two, so a proxy may.
        let mut own = [HOST.as_str(), "x-forwarded-host"]
            .into_iter()
            .filter_map(|name| headers.get(name)?.to_str().ok());
        own.any(|own| own.eq_ignore_ascii_case(site)) || self.allowed(headers).is_some()
    }

    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        if self.any {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        self.named.contains(&text).then(|| origin.clone())
    }
}
