//! The settings of `modelhost serve` that say where traces of requests go: OpenTelemetry's own names.
//! Must not know how they get there.

use clap::Args;

/// Where traces go; nowhere by default.
#[derive(Debug, Clone, Default, Args)]
pub struct Traces {
    /// A collector that takes traces in OTLP over HTTP, as http://localhost:4318; without one nothing is traced
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// The same with its whole path, as http://localhost:4318/v1/traces
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value_name = "URL")]
    pub otlp_traces_endpoint: Option<String>,
    /// What traces call this server
    #[arg(
        long,
        env = "OTEL_SERVICE_NAME",
        value_name = "NAME",
        default_value = "modelhost"
    )]
    pub service_name: String,
    /// Trace nothing, whatever the others say
    #[arg(long, env = "OTEL_SDK_DISABLED", action = clap::ArgAction::SetTrue, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_traces: bool,
}

impl Traces {
    /// The address that traces are posted to.
    pub fn endpoint(&self) -> Option<String> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if self.no_traces {
            return None;
        }
        let base = || {
            let base = given(&self.otlp_endpoint)?;
            Some(format!("{}/v1/traces", base.trim_end_matches('/')))
        };
        given(&self.otlp_traces_endpoint).or_else(base)
    }
}
