//! What every answer carries beside its body: which model it is of, and where the time went.
//! Must not know what the body says.

use super::Call;
use crate::http::packed;
use crate::pipeline::Stage;
use crate::service::Service;
use bytes::Bytes;
use std::fmt::Write as _;
use std::time::Duration;
use warp::http::HeaderMap;
use warp::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use warp::reply::Response;

impl Call {
    /// A response with what programs want to know of it: which model answered, and where the time went.
    pub(in crate::http) async fn respond(
        &self,
        service: &Service,
        media_type: &str,
        body: Bytes,
        timing: &[(Stage, Duration)],
    ) -> Response {
        let mut response = packed::response(&self.headers, body).await;
        let headers = response.headers_mut();
        if let Ok(media_type) = HeaderValue::from_str(media_type) {
            headers.insert(CONTENT_TYPE, media_type);
        }
        headers.extend(origin(service));
        headers.insert("server-timing", server_timing(timing, self.start.elapsed()));
        response
    }
}

/// Which model answers, for programs that want to know; the body of some tasks has no place for it.
pub(in crate::http) fn origin(service: &Service) -> HeaderMap {
    let values = [
        ("x-model-name", Some(&service.manifest.name)),
        ("x-model-revision", service.revision.as_ref()),
        ("x-model-sha256", Some(&service.artifact.sha256)),
        ("x-model-version", Some(&service.version)),
    ];
    let header = |(name, value): (&'static str, Option<&String>)| {
        let value = HeaderValue::from_str(value?).ok()?;
        Some((HeaderName::from_static(name), value))
    };
    values.into_iter().filter_map(header).collect()
}

/// W3C Server-Timing, in milliseconds.
fn server_timing(stages: &[(Stage, Duration)], total: Duration) -> HeaderValue {
    let ms = |took: &Duration| took.as_secs_f64() * 1e3;
    let mut text = String::new();
    for (stage, took) in stages {
        write!(text, "{};dur={:.3}, ", stage.name(), ms(took))
            .expect("writing to a String cannot fail");
    }
    write!(text, "total;dur={:.3}", ms(&total)).expect("writing to a String cannot fail");
    HeaderValue::from_str(&text).expect("names and numbers fit a header")
}
