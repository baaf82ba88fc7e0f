//! Measurements for people, as tables, and for programs, as JSON.
//! Must not know how they were made.

use super::{Load, Measurement, Pace, Served, Target, machine};
use serde_json::{Map, Value, json};

/// Quantiles that are shown, with their names.
const QUANTILES: [(f64, &str); 4] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];

/// What was measured, and all that came of it.
pub struct Report {
    url: String,
    served: Served,
    lasts_s: f64,
    warm_up_s: f64,
    cpu: Option<String>,
    cpus: usize,
    date: String,
    measurements: Vec<Measurement>,
}

impl Report {
    /// A report without measurements, dated now.
    pub fn new(target: &Target, served: Served, load: &Load) -> Report {
        Report {
            url: target.url(),
            served,
            lasts_s: load.lasts().as_secs_f64(),
            warm_up_s: load.warm_up().as_secs_f64(),
            cpu: machine::cpu(),
            cpus: machine::cpus(),
            date: machine::now(),
            measurements: Vec::new(),
        }
    }

    /// One more measurement.
    pub fn add(&mut self, measurement: Measurement) {
        self.measurements.push(measurement);
    }

    /// Whether every request was sent and answered with 200.
    pub fn is_flawless(&self) -> bool {
        self.measurements.iter().all(|it| it.tally.is_flawless())
    }

    /// The first thing that went wrong, in words.
    pub fn trouble(&self) -> Option<&str> {
        let mut tallies = self.measurements.iter().map(|it| &it.tally);
        tallies.find_map(|tally| tally.trouble.as_deref())
    }

    /// For people: a line about the whole, a table of each kind of pace.
    pub fn table(&self) -> String {
        let sha256 = self.served.sha256.as_deref().map_or_else(
            || "a server that does not say its model's sha256".to_owned(),
            |sha256| format!("sha256 {}", sha256.get(..12).unwrap_or(sha256)),
        );
        let mut text = format!(
            "{}, {sha256}, at {}\n{} s each after {} s that do not count; {}, {} CPUs, {}\n",
            self.served.model.as_deref().unwrap_or("unnamed"),
            self.url,
            self.lasts_s,
            self.warm_up_s,
            self.cpu.as_deref().unwrap_or("unknown CPU"),
            self.cpus,
            self.date,
        );
        let is_closed = |it: &&Measurement| matches!(it.pace, Pace::Clients(_));
        let (closed, open): (Vec<_>, Vec<_>) = self.measurements.iter().partition(is_closed);
        for (measurements, first) in [(closed, "clients"), (open, "rate")] {
            if !measurements.is_empty() {
                let mut rows = vec![heads(first)];
                rows.extend(measurements.into_iter().map(row));
                text += "\n";
                text += &aligned(&rows);
            }
        }
        text
    }

    /// For programs: everything.
    pub fn json(&self) -> Value {
        let measurements: Vec<Value> = self.measurements.iter().map(measurement).collect();
        json!({
            "modelhost": env!("CARGO_PKG_VERSION"),
            "date": self.date,
            "cpu": self.cpu,
            "cpus": self.cpus,
            "url": self.url,
            "model": self.served.model,
            "sha256": self.served.sha256,
            "duration_s": self.lasts_s,
            "warm_up_s": self.warm_up_s,
            "measurements": measurements,
        })
    }
}

fn heads(first: &str) -> Vec<String> {
    let quantiles = QUANTILES.iter().map(|(_, name)| *name);
    let mut heads: Vec<String> = [first, "requests/s"].map(str::to_owned).into();
    heads.extend(quantiles.map(|name| format!("{name} ms")));
    heads.extend(
        [
            "max ms",
            "queue",
            "preprocess",
            "model",
            "postprocess",
            "in all",
            "not 200",
            "I/O errors",
        ]
        .map(str::to_owned),
    );
    if first == "rate" {
        heads.push("not sent".to_owned());
    }
    heads
}

fn row(measurement: &Measurement) -> Vec<String> {
    let tally = &measurement.tally;
    let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
    let others = tally.statuses.iter().filter(|(status, _)| **status != 200);
    let others: Vec<String> = others.map(|(it, count)| format!("{it}: {count}")).collect();
    let pace = match measurement.pace {
        Pace::Clients(clients) => clients.to_string(),
        Pace::Rate(rate) => rate.to_string(),
    };
    let mut row = vec![pace, format!("{:.1}", measurement.throughput)];
    row.extend(
        QUANTILES
            .iter()
            .map(|(share, _)| ms(tally.quantile(*share))),
    );
    row.push(ms(tally.max()));
    row.extend(tally.stages().map(|(_, mean)| ms(mean)));
    row.push(match others.is_empty() {
        true => "none".to_owned(),
        false => others.join(", "),
    });
    row.push(tally.faults.to_string());
    if let Pace::Rate(_) = measurement.pace {
        row.push(tally.unsent.to_string());
    }
    row
}

fn aligned(rows: &[Vec<String>]) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|it| width(it).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(it, width)| format!("{it:>width$}")).collect();
        cells.join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}

fn measurement(it: &Measurement) -> Value {
    let tally = &it.tally;
    let (mode, clients, rate) = match it.pace {
        Pace::Clients(clients) => ("closed", Some(clients), None),
        Pace::Rate(rate) => ("open", None, Some(rate)),
    };
    let mut latency = Map::new();
    latency.insert("mean".to_owned(), rounded(tally.mean()));
    for (share, name) in QUANTILES {
        latency.insert(name.to_owned(), rounded(tally.quantile(share)));
    }
    latency.insert("max".to_owned(), rounded(tally.max()));
    let stages: Map<String, Value> = tally
        .stages()
        .map(|(name, mean)| (name.to_owned(), rounded(mean)))
        .collect();
    let statuses: Map<String, Value> = tally
        .statuses
        .iter()
        .map(|(status, count)| (status.to_string(), json!(count)))
        .collect();
    json!({
        "loop": mode,
        "concurrency": clients,
        "rate": rate,
        "requests": tally.sent(),
        "requests_per_s": rounded(Some(it.throughput)),
        "latency_ms": latency,
        "server_ms": stages,
        "statuses": statuses,
        "io_errors": tally.faults,
        "not_sent": tally.unsent,
    })
}

/// Three digits behind the point: the rest is noise.
fn rounded(value: Option<f64>) -> Value {
    json!(value.map(|value| (value * 1e3).round() / 1e3))
}
