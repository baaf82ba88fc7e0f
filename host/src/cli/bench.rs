//! `modelhost bench`: what a server does under load, one that runs or one that is started for it.
//! Must not know how requests are sent, nor how a model is loaded.

use super::host::Host;
use super::{USAGE, bar, load};
use crate::bench::{Load, OUTSTANDING, Pace, Report, Target, cpus, ready};
use crate::manifest::{Manifest, default_index};
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::settings::{Access, Bench, Serve, Traces};
use bytes::Bytes;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Of the CPUs, one in so many sends; the others are the server's.
const SHARE: usize = 4;
/// Threads that send, at most.
const MOST_THREADS: usize = 8;

/// What is to be measured.
struct Plan {
    manifest: Option<Manifest>,
    bodies: Vec<Bytes>,
    paces: Vec<Pace>,
}

impl Plan {
    /// What requests ask for by name.
    fn model<'a>(&'a self, settings: &'a Bench) -> Option<&'a str> {
        let of_manifest = self.manifest.as_ref().map(|it| it.name.as_str());
        settings.model.as_deref().or(of_manifest)
    }
}

pub(super) fn run(settings: &Bench, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let plan = match plan(settings) {
        Ok(plan) => plan,
        Err(Some(problem)) => return Ok(refuse(&problem)),
        // Said already.
        Err(None) => return Ok(ExitCode::from(USAGE)),
    };
    match &settings.url {
        Some(url) => measure(settings, &plan, url, || {}),
        None => measure_own(settings, &plan, cache),
    }
}

/// Starts a server for as long as it is measured.
fn measure_own(settings: &Bench, plan: &Plan, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let Some(manifest) = &plan.manifest else {
        return Ok(refuse(&"name a manifest to serve, or a server with --url"));
    };
    let serve = serve(settings, manifest.file.clone());
    let Some(host) = Host::start(&serve, cache)? else {
        return Ok(ExitCode::from(USAGE));
    };
    let url = format!("http://{}", host.address()?);
    let registry = host.registry();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            host.answer(|| {
                Ok(async {
                    stopped.await.ok();
                })
            })
        });
        let measured = measure(settings, plan, &url, || settle(&registry, &manifest.name));
        // Dropped or sent, it stops the server.
        drop(stop);
        match server.join() {
            Ok(ended) => ended?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        measured
    })
}

/// Waits for the code that a server answers with after its first seconds.
fn settle(registry: &Registry, name: &str) {
    let service = registry.find(name).and_then(|entry| entry.service());
    if let Some(service) = service {
        let plugins = [
            service.pipeline.preprocess(),
            service.pipeline.postprocess(),
        ];
        for plugin in plugins.into_iter().flatten() {
            Plugin::settled(plugin);
        }
    }
}

/// Measures the server at `url`; `settle` is called once its model is loaded.
fn measure(
    settings: &Bench,
    plan: &Plan,
    url: &str,
    settle: impl FnOnce(),
) -> anyhow::Result<ExitCode> {
    let model = plan.model(settings);
    let target = match Target::parse(url, model) {
        Ok(target) => target,
        Err(error) => return Ok(refuse(&error)),
    };
    let load = match Load::new(&target, plan.bodies.clone(), settings.duration()) {
        Ok(load) => Arc::new(load),
        Err(error) => return Ok(refuse(&error)),
    };
    let runtime = runtime()?;
    let mut served = match runtime.block_on(ready(&target, &load)) {
        Ok(served) => served,
        Err(error) if error.is_the_callers() => return Ok(refuse(&error)),
        Err(error) => {
            load::complain(&error);
            return Ok(ExitCode::FAILURE);
        }
    };
    settle();
    served.model = served.model.or_else(|| model.map(str::to_owned));
    let mut report = Report::new(&target, served, &load);
    for pace in &plan.paces {
        let lasts = load.warm_up() + load.lasts();
        let measured = runtime.block_on(async {
            tokio::select! {
                measured = load.measure(*pace) => measured,
                never = bar::passing(caption(*pace), lasts) => match never {},
            }
        });
        report.add(measured);
    }
    let mut stdout = std::io::stdout();
    match settings.json {
        true => writeln!(stdout, "{:#}", report.json())?,
        false => write!(stdout, "{}", report.table())?,
    }
    if report.is_flawless() {
        return Ok(ExitCode::SUCCESS);
    }
    load::complain(&match report.trouble() {
        Some(trouble) => format!("not every answer was 200; the first that was not: {trouble}"),
        None => format!(
            "not every request was sent: {OUTSTANDING} had no answer yet, or there was no time"
        ),
    });
    Ok(ExitCode::FAILURE)
}

/// What to do; or the problem, unless that has been said.
fn plan(settings: &Bench) -> Result<Plan, Option<String>> {
    let manifest = match &settings.manifest {
        Some(path) => Some(choose(
            load::manifests(path).ok_or(None)?,
            settings.model.as_deref(),
            path,
        )?),
        None => None,
    };
    let bodies = match (&settings.body, &manifest) {
        (Some(file), _) => vec![body(file)?],
        (None, Some(manifest)) => {
            let examples = manifest.examples.iter();
            examples.map(|it| it.request.to_string().into()).collect()
        }
        (None, None) => Vec::new(),
    };
    if bodies.is_empty() {
        let file = manifest.as_ref().map(|it| it.file.display().to_string());
        return Err(Some(format!(
            "{} has no `examples` to send; write one into it, or name a request with --body FILE",
            file.as_deref().unwrap_or("the command line")
        )));
    }
    let clients = settings.clients().into_iter().map(Pace::Clients);
    let rates = settings.rate.iter().copied().map(Pace::Rate);
    Ok(Plan {
        manifest,
        bodies,
        paces: clients.chain(rates).collect(),
    })
}

/// The manifest of `model`, or the default one.
fn choose(
    mut manifests: Vec<Manifest>,
    model: Option<&str>,
    path: &Path,
) -> Result<Manifest, Option<String>> {
    let place = match model {
        Some(model) => manifests.iter().position(|it| it.name == model),
        None => default_index(&manifests),
    };
    match place {
        Some(place) => Ok(manifests.swap_remove(place)),
        None => {
            let names: Vec<&str> = manifests.iter().map(|it| it.name.as_str()).collect();
            Err(Some(format!(
                "{}: name one of its models with --model: {}",
                path.display(),
                names.join(", ")
            )))
        }
    }
}

fn body(file: &Path) -> Result<Bytes, Option<String>> {
    let wrong = |why: &dyn std::fmt::Display| Some(format!("--body {}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(&error))?;
    serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|error| wrong(&error))?;
    Ok(bytes.into())
}

/// How a server is started that only the measurement asks.
fn serve(settings: &Bench, manifests: PathBuf) -> Serve {
    let most = settings.clients().into_iter().max().unwrap_or(0);
    let connections = most.max(OUTSTANDING) + 16;
    Serve {
        manifests,
        host: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        workers: settings.workers,
        max_connections: u32::try_from(connections).unwrap_or(u32::MAX),
        grace_s: 1,
        client_timeout_s: 20,
        poll_s: 30,
        admin_token: None,
        access: Access::default(),
        traces: Traces::default(),
        cache_url: None,
        cache_mib: 64,
    }
}

/// Few threads, so that the server has the machine.
fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads((cpus() / SHARE).clamp(1, MOST_THREADS))
        .enable_all()
        .build()
}

fn caption(pace: Pace) -> String {
    match pace {
        Pace::Clients(1) => "1 client".to_owned(),
        Pace::Clients(clients) => format!("{clients} clients"),
        Pace::Rate(rate) => format!("{rate} requests/s"),
    }
}

fn refuse(problem: &dyn std::fmt::Display) -> ExitCode {
    load::complain(problem);
    ExitCode::from(USAGE)
}
