//! The settings of `modelhost bench`.
//! Must not know how anything is measured.

use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// `modelhost bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// The manifest of the model, or a folder with it: its examples are the requests
    #[arg(value_name = "MANIFEST", required_unless_present_all = ["url", "body"])]
    pub manifest: Option<PathBuf>,
    /// A running server, as http://HOST:PORT, or with a path to send to just that; by default one is started
    #[arg(long)]
    pub url: Option<String>,
    /// The model, where it is not the default one
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// A request to send instead of the manifest's examples, JSON
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// Clients that each send their next request when they have an answer; 1,8,32 where neither this nor --rate is given
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub concurrency: Vec<u16>,
    /// Requests a second, sent when they are due, answers or not; times are counted from then
    #[arg(long, value_name = "R,…", value_delimiter = ',', value_parser = rate)]
    pub rate: Vec<f64>,
    /// How long to measure each of them, after a shorter time that does not count
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub duration: f64,
    /// Worker threads of the server that is started, as of `serve`
    #[arg(long, env = "MODELHOST_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

impl Bench {
    /// How many clients there are to be, one number a measurement.
    pub fn clients(&self) -> Vec<usize> {
        match (self.concurrency.as_slice(), self.rate.is_empty()) {
            ([], true) => vec![1, 8, 32],
            (given, _) => given.iter().copied().map(usize::from).collect(),
        }
    }

    /// How long to measure each pace.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.duration)
    }
}

fn rate(text: &str) -> Result<f64, String> {
    within(text, 0.01..=1e6)
}

fn seconds(text: &str) -> Result<f64, String> {
    within(text, 0.01..=86_400.0)
}

fn within(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("a number from {} to {}", range.start(), range.end()))
}
