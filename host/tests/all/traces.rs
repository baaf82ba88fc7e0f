//! The trace that a request belongs to: taken from its headers, sent back, logged, and told to a collector.
//! Knows the wire and OTLP; nothing of a model.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use warp::Filter as _;

use crate::client::{Answer, finish};
use crate::server::{Server, demo};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn serve(environment: &[(&str, &str)]) -> Server {
    let mut server = Server::launch(&demo(), environment);
    server.wait_for("the model is live");
    server
}

async fn predict(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let series = json!({"inputs": {"series": vec![5; 30]}});
    let mut post = reqwest::Client::new()
        .post(format!("{}/predict", server.url))
        .json(&series);
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    finish(post).await
}

/// What can be read comes back and is in the log; what cannot is as if it had not come.
#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_is_passed_through() {
    let log = ("RUST_LOG", "info,modelhost::http=debug");
    let mut server = serve(&[log]);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [
        ("traceparent", parent.as_str()),
        ("tracestate", "shop=1,lab=2"),
    ];
    let answer = predict(&server, &headers).await;
    assert_eq!(answer.header("traceparent"), parent);
    assert_eq!(answer.header("tracestate"), "shop=1,lab=2");
    assert_eq!(server.wait_for("answered")["span"]["trace"], TRACE);
    for wrong in ["00-1-2-3", &parent.to_uppercase()] {
        let answer = predict(&server, &[("traceparent", wrong), ("tracestate", "shop=1")]).await;
        assert_eq!((answer.status, answer.header("traceparent")), (200, ""));
        assert_eq!(answer.header("tracestate"), "");
        assert!(server.wait_for("answered")["span"]["trace"].is_null());
    }
}

/// A collector: what is posted to it, decoded.
async fn collector() -> (String, UnboundedReceiver<ExportTraceServiceRequest>) {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, received) = unbounded_channel();
    let take = warp::post()
        .and(warp::path!("v1" / "traces"))
        .and(warp::header::exact(
            "content-type",
            "application/x-protobuf",
        ))
        .and(warp::body::bytes())
        .map(move |body: bytes::Bytes| {
            let request = ExportTraceServiceRequest::decode(body).expect("it is OTLP");
            sender.send(request).ok();
            warp::reply()
        });
    tokio::spawn(warp::serve(take).incoming(listener).run());
    (url, received)
}

fn said(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    let value = found.and_then(|attribute| attribute.value.clone()?.value);
    match value {
        Some(any_value::Value::StringValue(text)) => text,
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    }
}

/// The next spans that the collector is told, with the name of their service.
async fn told(received: &mut UnboundedReceiver<ExportTraceServiceRequest>) -> (String, Vec<Span>) {
    let next = tokio::time::timeout(Duration::from_secs(60), received.recv());
    let request = next
        .await
        .expect("spans come")
        .expect("the collector lives");
    let [of_server] = &request.resource_spans[..] else {
        panic!("{request:?}");
    };
    let resource = of_server.resource.as_ref().expect("a resource");
    let service = said(&resource.attributes, "service.name");
    let spans = of_server
        .scope_spans
        .iter()
        .flat_map(|scope| scope.spans.clone());
    (service, spans.collect())
}

/// One span a request, the caller's child, with its stages one after the other inside of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_told_of_requests_and_their_stages() {
    let (url, mut received) = collector().await;
    let mut server = serve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_SERVICE_NAME", "forecasts"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ]);
    for path in ["/health", "/ready", "/metrics"] {
        assert_eq!(server.get(path).await.header("traceparent"), "", "{path}");
    }
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [
        ("traceparent", parent.as_str()),
        ("tracestate", "shop=1"),
        ("x-request-id", "r-1"),
    ];
    let answer = predict(&server, &headers).await;
    let (service, spans) = told(&mut received).await;
    assert_eq!(service, "forecasts");
    let (whole, stages): (Vec<&Span>, Vec<&Span>) =
        spans.iter().partition(|span| span.name == "POST predict");
    let [whole] = whole[..] else {
        panic!("{spans:?}");
    };
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(hex(&whole.trace_id), TRACE);
    assert_eq!(hex(&whole.parent_span_id), CALLER);
    assert_eq!(whole.trace_state, "shop=1");
    let own = format!("00-{TRACE}-{}-01", hex(&whole.span_id));
    assert_eq!(answer.header("traceparent"), own);
    for (key, value) in [
        ("http.request.method", "POST"),
        ("url.path", "/predict"),
        ("http.response.status_code", "200"),
        ("modelhost.model", "retail-demand"),
        ("modelhost.request_id", "r-1"),
    ] {
        assert_eq!(said(&whole.attributes, key), value);
    }
    let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["queue", "preprocess", "model", "postprocess"]);
    let mut at = whole.start_time_unix_nano;
    for stage in stages {
        assert_eq!(stage.parent_span_id, whole.span_id);
        assert_eq!(stage.trace_id, whole.trace_id);
        assert!(at <= stage.start_time_unix_nano, "{stage:?}");
        at = stage.end_time_unix_nano;
    }
    assert!(at <= whole.end_time_unix_nano);

    // Not recorded where the caller says so; what is left at the end is sent.
    let unrecorded = format!("00-{TRACE}-{CALLER}-00");
    predict(&server, &[("traceparent", &unrecorded)]).await;
    let answer = predict(&server, &[]).await;
    server.signal("TERM");
    assert!(server.wait_for_exit().success());
    let (_, spans) = told(&mut received).await;
    let whole = spans.iter().find(|span| span.name == "POST predict");
    let whole = whole.expect("it is told");
    assert!(answer.header("traceparent").contains(&hex(&whole.trace_id)));
    assert_ne!(hex(&whole.trace_id), TRACE);
}

/// A collector that is not there, or does not answer, costs nobody anything; the log says it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_is_nobodys_trouble() {
    let silent = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port is free");
    let silent = format!("http://{}", silent.local_addr().expect("an address"));
    for url in ["http://127.0.0.1:1", silent.as_str()] {
        let mut server = serve(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ]);
        server.wait_for_loss(url).await;
        let begun = Instant::now();
        server.signal("TERM");
        assert!(server.wait_for_exit().success());
        assert!(begun.elapsed() < Duration::from_secs(9), "{url}");
        assert_eq!(server.count_to_the_end("traces are lost"), 0, "{url}");
    }
}

impl Server {
    /// Asks until the log says that traces are lost.
    async fn wait_for_loss(&mut self, url: &str) {
        for _ in 0..50 {
            let answer = predict(self, &[]).await;
            assert_eq!(answer.status, 200, "{url}");
        }
        self.wait_for("traces are lost");
        for _ in 0..50 {
            assert_eq!(predict(self, &[]).await.status, 200, "{url}");
        }
    }
}

/// The standard's other names mean what they mean elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_standards_settings_are_heeded() {
    let (url, mut received) = collector().await;
    let whole = format!("{url}/v1/traces");
    let delay = ("OTEL_BSP_SCHEDULE_DELAY", "50");
    let elsewhere = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let server = serve(&[
        elsewhere,
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &whole),
        delay,
    ]);
    predict(&server, &[]).await;
    assert_eq!(told(&mut received).await.0, "modelhost");
    for off in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ] {
        let mut server = serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url), off, delay]);
        predict(&server, &[]).await;
        server.signal("TERM");
        assert!(server.wait_for_exit().success());
        assert!(received.try_recv().is_err(), "{off:?}");
    }
}
