//! What is counted and timed, one method an event; the only file that names prometheus.
//! Must not know who calls it.

use prometheus::process_collector::ProcessCollector;
use prometheus::{
    GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Seconds, from well under a small model's answer to the longest deadline in use.
const BUCKETS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Rows of one run of a model.
const ROWS: &[f64] = &[
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
];

/// What an attempt to change what answers may come to.
const RELOADS: [&str; 6] = [
    "ok",
    "trial",
    "promoted",
    "rolled_back",
    "failed",
    "invalid",
];

/// The process's metrics. Label values are configured names and route templates only, never what a client sent.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    stage_seconds: HistogramVec,
    batch_rows: HistogramVec,
    in_flight: IntGauge,
    queue_depth: IntGaugeVec,
    rejected: IntCounterVec,
    keyed: IntCounterVec,
    cached: IntCounterVec,
    plugin_faults: IntCounterVec,
    loads: IntCounterVec,
    reloads: IntCounterVec,
    versions: IntCounterVec,
    shadows: IntCounterVec,
    shadow_difference: GaugeVec,
    load_seconds: GaugeVec,
    ready: IntGaugeVec,
    model_info: IntGaugeVec,
    artifact_bytes: IntCounterVec,
    /// The labels of each model's `model_info`, to take them back.
    shown: Mutex<HashMap<String, Vec<String>>>,
}

/// What `modelhost_model_info` says of a loaded model.
#[allow(missing_docs, reason = "each field is the label of its name")]
pub struct ModelInfo<'a> {
    pub model: &'a str,
    pub source: &'a str,
    pub revision: &'a str,
    pub sha256: &'a str,
    pub task: &'a str,
    pub version: &'a str,
}

impl Metrics {
    /// All metrics, registered, with the build's version.
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let histogram = |name: &str, help: &str, labels: &[&str]| {
            let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            let metric = HistogramVec::new(options, labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let rows = HistogramOpts::new(
            "modelhost_batch_rows",
            "Rows that ran through the model at once.",
        );
        let rows = rows.buckets(ROWS.to_vec());
        let batch_rows = HistogramVec::new(rows, &["model"])?;
        registry.register(Box::new(batch_rows.clone()))?;
        let in_flight = IntGauge::new(
            "modelhost_requests_in_flight",
            "Requests being answered now.",
        )?;
        registry.register(Box::new(in_flight.clone()))?;
        let load_seconds = GaugeVec::new(
            Opts::new(
                "modelhost_load_duration_seconds",
                "How long the last load took, from manifest to ready.",
            ),
            &["model"],
        )?;
        registry.register(Box::new(load_seconds.clone()))?;
        let shadow_difference = GaugeVec::new(
            Opts::new(
                "modelhost_shadow_difference_max",
                "The largest difference of two numbers between a shadow's answers and those that were served.",
            ),
            &["model"],
        )?;
        registry.register(Box::new(shadow_difference.clone()))?;
        let build = gauge("modelhost_build_info", "1, with the version.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Metrics {
            requests: counter(
                "modelhost_requests_total",
                "Requests answered, by model, route and status.",
                &["model", "route", "status"],
            )?,
            request_seconds: histogram(
                "modelhost_request_duration_seconds",
                "From the request's head to the answer.",
                &["model", "route"],
            )?,
            stage_seconds: histogram(
                "modelhost_stage_duration_seconds",
                "Time in a stage of the pipeline: queue, preprocess, model, postprocess; chart where one is drawn.",
                &["model", "stage"],
            )?,
            queue_depth: gauge(
                "modelhost_queue_depth",
                "Requests waiting for a worker.",
                &["model"],
            )?,
            rejected: counter(
                "modelhost_rejected_total",
                "Requests turned away, by reason: overloaded, deadline, not_ready, unauthorized, rate_limited.",
                &["model", "reason"],
            )?,
            cached: counter(
                "modelhost_cache_requests_total",
                "Answers looked for in the cache, by result: hit, miss, error.",
                &["model", "result"],
            )?,
            keyed: counter(
                "modelhost_key_requests_total",
                "Predictions asked for with an API key, by its name.",
                &["model", "key"],
            )?,
            plugin_faults: counter(
                "modelhost_plugin_faults_total",
                "Plugin calls that ended in a fault, by reason: deadline, memory, output, trap, abi, internal.",
                &["model", "plugin", "reason"],
            )?,
            loads: counter(
                "modelhost_loads_total",
                "Attempts to load a model, by result: ok, failed.",
                &["model", "result"],
            )?,
            reloads: counter(
                "modelhost_reloads_total",
                "Attempts to change what answers, by result: ok, trial, promoted, rolled_back, failed, invalid.",
                &["model", "result"],
            )?,
            versions: counter(
                "modelhost_version_requests_total",
                "Requests that a version answered or failed at, by result: ok, failed.",
                &["model", "version", "result"],
            )?,
            shadows: counter(
                "modelhost_shadow_requests_total",
                "Requests given to a shadow, by result: alike, unlike, failed.",
                &["model", "result"],
            )?,
            shadow_difference,
            ready: gauge("modelhost_ready", "1 while the model answers.", &["model"])?,
            model_info: gauge(
                "modelhost_model_info",
                "1, with what is loaded.",
                &["model", "source", "revision", "sha256", "task", "version"],
            )?,
            batch_rows,
            artifact_bytes: counter(
                "modelhost_artifact_bytes_total",
                "Bytes of verified artifacts, by where they came from: hub, cache, local.",
                &["origin"],
            )?,
            registry,
            shown: Mutex::default(),
            in_flight,
            load_seconds,
        })
    }

    /// Makes the series of a configured model visible before anything happened to it.
    pub fn model_known(&self, model: &str) {
        self.ready.with_label_values(&[model]).set(0);
        self.queue_depth.with_label_values(&[model]).set(0);
        for result in ["ok", "failed"] {
            self.loads.with_label_values(&[model, result]).inc_by(0);
        }
        for result in RELOADS {
            self.reloads.with_label_values(&[model, result]).inc_by(0);
        }
        for reason in [
            "overloaded",
            "deadline",
            "not_ready",
            "unauthorized",
            "rate_limited",
        ] {
            self.rejected.with_label_values(&[model, reason]).inc_by(0);
        }
    }

    /// A request came in; the guard counts it as in flight until it is dropped.
    pub fn request_started(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request was answered with `status`; `model` is empty on routes without one.
    pub fn request_answered(&self, model: &str, route: &str, status: u16, took: Duration) {
        let status = status.to_string();
        self.requests
            .with_label_values(&[model, route, status.as_str()])
            .inc();
        self.request_seconds
            .with_label_values(&[model, route])
            .observe(took.as_secs_f64());
    }

    /// A request spent `took` in `stage`.
    pub fn stage_done(&self, model: &str, stage: &str, took: Duration) {
        self.stage_seconds
            .with_label_values(&[model, stage])
            .observe(took.as_secs_f64());
    }

    /// So many `rows` ran through `model` at once.
    pub fn batch_ran(&self, model: &str, rows: usize) {
        self.batch_rows
            .with_label_values(&[model])
            .observe(rows as f64);
    }

    /// `waiting` requests of `model` wait for a worker.
    pub fn queue_is(&self, model: &str, waiting: usize) {
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        self.queue_depth.with_label_values(&[model]).set(waiting);
    }

    /// A request was turned away before it was answered.
    pub fn request_rejected(&self, model: &str, reason: &str) {
        self.rejected.with_label_values(&[model, reason]).inc();
    }

    /// An answer was looked for in the cache.
    pub fn cache_asked(&self, model: &str, result: &str) {
        self.cached.with_label_values(&[model, result]).inc();
    }

    /// A prediction was asked for with the key of this name.
    pub fn key_used(&self, model: &str, key: &str) {
        self.keyed.with_label_values(&[model, key]).inc();
    }

    /// A plugin call ended in a fault.
    pub fn plugin_faulted(&self, model: &str, plugin: &str, reason: &str) {
        self.plugin_faults
            .with_label_values(&[model, plugin, reason])
            .inc();
    }

    /// A version of a model is loaded.
    pub fn loaded(&self, model: &str, took: Duration) {
        self.loads.with_label_values(&[model, "ok"]).inc();
        self.load_seconds
            .with_label_values(&[model])
            .set(took.as_secs_f64());
    }

    /// A version of a model answers, and no other.
    pub fn model_live(&self, info: &ModelInfo<'_>) {
        self.ready.with_label_values(&[info.model]).set(1);
        let labels = [
            info.model,
            info.source,
            info.revision,
            info.sha256,
            info.task,
            info.version,
        ];
        self.hide(info.model);
        self.model_info.with_label_values(&labels).set(1);
        let labels = labels.map(str::to_owned).to_vec();
        self.shown().insert(info.model.to_owned(), labels);
    }

    /// A model is served no more: nothing is said of it but what was counted of its requests.
    pub fn model_gone(&self, model: &str) {
        self.hide(model);
        self.ready.remove_label_values(&[model]).ok();
        self.queue_depth.remove_label_values(&[model]).ok();
        self.load_seconds.remove_label_values(&[model]).ok();
        self.shadow_difference.remove_label_values(&[model]).ok();
    }

    fn hide(&self, model: &str) {
        if let Some(labels) = self.shown().remove(model) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            self.model_info.remove_label_values(&labels).ok();
        }
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<String>>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt to change what answers came to this; `model` is empty where a manifest has not said its name.
    pub fn reloaded(&self, model: &str, result: &str) {
        self.reloads.with_label_values(&[model, result]).inc();
    }

    /// A version answered a request, or failed at it.
    pub fn version_answered(&self, model: &str, version: &str, is_failure: bool) {
        let result = if is_failure { "failed" } else { "ok" };
        self.versions
            .with_label_values(&[model, version, result])
            .inc();
    }

    /// A version answers no more.
    pub fn version_gone(&self, model: &str, version: &str) {
        for result in ["ok", "failed"] {
            // It may never have answered so.
            self.versions
                .remove_label_values(&[model, version, result])
                .ok();
        }
    }

    /// A shadow answered, unlike the served version or not, or failed; the largest difference so far.
    pub fn shadow_compared(&self, model: &str, is_unlike: Option<bool>, largest: f64) {
        let result = match is_unlike {
            None => "failed",
            Some(true) => "unlike",
            Some(false) => "alike",
        };
        self.shadows.with_label_values(&[model, result]).inc();
        self.shadow_difference
            .with_label_values(&[model])
            .set(largest);
    }

    /// A model could not be loaded.
    pub fn load_failed(&self, model: &str) {
        self.loads.with_label_values(&[model, "failed"]).inc();
    }

    /// A verified artifact of `bytes` came from `origin`.
    pub fn artifact_verified(&self, origin: &str, bytes: u64) {
        self.artifact_bytes
            .with_label_values(&[origin])
            .inc_by(bytes);
    }

    /// Everything in the text exposition format 0.0.4.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// One request in flight, until it is dropped.
pub struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
