//! Traces of requests, sent to a collector in OTLP over HTTP; the only file that names opentelemetry.
//! Must not know HTTP, nor what a stage does.

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _,
    TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter as Export,
};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// How long the end of the process waits for a collector.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The collector cannot be spoken to at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot send traces: {0}; check OTEL_EXPORTER_OTLP_ENDPOINT and its kin")]
pub struct Unsendable(#[from] ExporterBuildError);

/// Where a request is in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of the whole.
    pub trace_id: u128,
    /// Of this part.
    pub span_id: u64,
    /// Bit 0: whether the trace is recorded.
    pub flags: u8,
    /// What others have written beside it.
    pub state: Option<String>,
}

/// Where spans go, if anywhere.
#[derive(Debug, Default)]
pub struct Spans(Option<(SdkTracerProvider, SdkTracer)>);

impl Spans {
    /// To the collector at `endpoint`, the whole URL, as those of `service`. Everything else is read from the standard's
    /// environment variables.
    pub fn to(endpoint: &str, service: &str) -> Result<Spans, Unsendable> {
        let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint);
        let resource = Resource::builder().with_service_name(service.to_owned());
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            // On a thread of its own, behind a bounded queue: what does not fit is dropped.
            .with_batch_exporter(Told {
                exporter: exporter.build()?,
                is_down: AtomicBool::new(false),
            })
            .build();
        let tracer = provider.tracer("modelhost");
        Ok(Spans(Some((provider, tracer))))
    }

    /// Begins a request that came from `caller`.
    pub fn begin(&self, caller: Option<&Place>) -> Option<Request<'_>> {
        let (_, tracer) = self.0.as_ref()?;
        let caller = caller.map_or_else(Context::new, context);
        let start = SystemTime::now();
        let span = SpanBuilder::from_name("request")
            .with_kind(SpanKind::Server)
            .with_start_time(start)
            .start_with_context(tracer, &caller);
        Some(Request { tracer, span })
    }

    /// Sends what is left. Blocks, for a bounded time.
    pub fn end(&self) {
        if let Some((provider, _)) = &self.0
            && let Err(error) = provider.shutdown_with_timeout(LAST_WORDS)
        {
            tracing::warn!(%error, "the last traces are lost");
        }
    }
}

/// A request under way.
pub struct Request<'a> {
    tracer: &'a SdkTracer,
    span: Span,
}

/// How a request ended.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What it is called.
    pub name: String,
    /// What is said of it.
    pub said: Vec<(&'static str, String)>,
    /// The status of its answer.
    pub status: u16,
    /// Its stages, in order, and how long each took; the last ended with the answer.
    pub stages: Vec<(&'a str, Duration)>,
}

impl Request<'_> {
    /// Where it is.
    pub fn place(&self) -> Place {
        let context = self.span.span_context();
        let state = context.trace_state().header();
        Place {
            trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(context.span_id().to_bytes()),
            flags: context.trace_flags().to_u8(),
            state: (!state.is_empty()).then_some(state),
        }
    }

    /// Ends it, and says of it what is known now.
    pub fn end(mut self, answer: Answer<'_>) {
        let end = SystemTime::now();
        if !self.span.is_recording() {
            return;
        }
        let Answer {
            name,
            said,
            status,
            stages,
        } = answer;
        let whole = Context::new().with_remote_span_context(self.span.span_context().clone());
        let took: Duration = stages.iter().map(|(_, took)| took).sum();
        let mut at = end.checked_sub(took).unwrap_or(end);
        for (stage, took) in stages {
            let begun = at;
            at += took;
            SpanBuilder::from_name(stage.to_owned())
                .with_kind(SpanKind::Internal)
                .with_start_time(begun)
                .start_with_context(self.tracer, &whole)
                .end_with_timestamp(at);
        }
        self.span.update_name(name);
        let said = said.into_iter().filter(|(_, value)| !value.is_empty());
        self.span
            .set_attributes(said.map(|(key, value)| KeyValue::new(key, value)));
        let code = KeyValue::new("http.response.status_code", i64::from(status));
        self.span.set_attribute(code);
        if status >= 500 {
            self.span.set_status(Status::error(""));
        }
        self.span.end_with_timestamp(end);
    }
}

fn context(place: &Place) -> Context {
    let state = place.state.as_deref().map(TraceState::from_str);
    let context = SpanContext::new(
        TraceId::from_bytes(place.trace_id.to_be_bytes()),
        SpanId::from_bytes(place.span_id.to_be_bytes()),
        TraceFlags::new(place.flags),
        true,
        state.and_then(Result::ok).unwrap_or_default(),
    );
    Context::new().with_remote_span_context(context)
}

/// An exporter that says in the log when the collector goes and comes, and not each time.
#[derive(Debug)]
struct Told {
    exporter: SpanExporter,
    is_down: AtomicBool,
}

impl Export for Told {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        let was_down = self.is_down.swap(sent.is_err(), Ordering::Relaxed);
        match &sent {
            Err(error) if !was_down => {
                tracing::warn!(%error, "traces are lost: the collector does not take them")
            }
            Ok(()) if was_down => tracing::info!("the collector takes traces again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
