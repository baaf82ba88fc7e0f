//! A server in this process: it listens, loads behind that, and answers until it is told to stop.
//! Must not know who started it, what stops it, routes or how a model is loaded.

use super::{follow, load};
use crate::cache::Cache;
use crate::http::{Access, Keys, Origins, Rate, Server, Timeouts};
use crate::manifest;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::scheduler::Scheduler;
use crate::service::Loader;
use crate::settings::{self, Serve, Token};
use crate::spans::Spans;
use anyhow::Context as _;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Threads that talk to clients; the workers do the work.
const HTTP_THREADS: usize = 2;

/// A server that listens, and does not answer yet.
pub(super) struct Host<'a> {
    began: Instant,
    settings: &'a Serve,
    runtime: Runtime,
    scheduler: Scheduler,
    registry: Arc<Registry>,
    metrics: Arc<Metrics>,
    loader: Loader,
    listener: TcpListener,
    spans: Spans,
    /// What the models are made of on this disk.
    files: Vec<PathBuf>,
}

impl<'a> Host<'a> {
    /// Reads the manifests and listens; none when there is nothing to serve, which stderr has been told then.
    pub(super) fn start(
        settings: &'a Serve,
        cache: Option<&std::path::Path>,
    ) -> anyhow::Result<Option<Host<'a>>> {
        let began = Instant::now();
        if let Err(problem) = secrets(settings) {
            load::complain(&problem);
            return Ok(None);
        }
        let spans = match settings.traces.endpoint() {
            Some(endpoint) => Spans::to(&endpoint, &settings.traces.service_name)?,
            None => Spans::default(),
        };
        let loader = load::loader(settings.worker_count(), cache)?;
        let metrics = loader.metrics.clone();
        let scheduler = Scheduler::start(settings.worker_count(), metrics.clone())?;
        let registry = Arc::new(Registry::new(scheduler.places(), metrics.clone()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(HTTP_THREADS)
            .enable_all()
            .build()?;
        let files = runtime.block_on(follow::update(&registry, &loader, &settings.manifests));
        if registry.entries().is_empty() {
            for problem in registry.problems() {
                load::complain(&problem.text);
            }
            if registry.problems().is_empty() {
                // Later it would be a folder that was emptied, which is no problem.
                let folder = settings.manifests.clone();
                load::complain(&manifest::Error::NoManifest { folder });
            }
            return Ok(None);
        }
        let address = (settings.host, settings.port);
        let listener = runtime.block_on(TcpListener::bind(address));
        let listener = listener.with_context(|| {
            format!(
                "cannot listen on {}:{}; choose another with --port or PORT",
                settings.host, settings.port
            )
        })?;
        Ok(Some(Host {
            began,
            settings,
            runtime,
            scheduler,
            registry,
            metrics,
            loader,
            listener,
            spans,
            files,
        }))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Its models.
    pub(super) fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }

    /// Answers until what `stop` makes is over, and then as long as the grace period lets it.
    pub(super) fn answer<F: Future<Output = ()>>(
        self,
        stop: impl FnOnce() -> std::io::Result<F>,
    ) -> anyhow::Result<()> {
        let settings = self.settings;
        self.runtime.block_on(async {
            let stop = stop()?;
            tracing::info!(
                address = %self.listener.local_addr()?,
                workers = settings.worker_count(),
                models = self.registry.entries().len(),
                after_ms = self.began.elapsed().as_millis() as u64,
                "listening"
            );
            let path = settings.manifests.clone();
            let poll = Duration::from_secs(settings.poll_s);
            let registry = self.registry.clone();
            tokio::spawn(follow::follow(
                registry,
                self.loader,
                path,
                self.files,
                poll,
            ));
            let admin = settings.admin_token.as_ref();
            let admin = admin.map(|token| token.reveal().to_owned());
            let access = access(&settings.access);
            let cache = match &settings.cache_url {
                Some(url) => Cache::shared(url.reveal())?,
                None => Cache::in_memory(u64::from(settings.cache_mib) << 20),
            };
            let server = Server::new(
                self.registry,
                self.metrics,
                admin,
                access,
                cache,
                self.spans,
            );
            let timeouts = Timeouts {
                client: settings.client_timeout(),
                grace: settings.grace(),
            };
            let connections = settings.max_connections as usize;
            server
                .serve(self.listener, connections, timeouts, stop)
                .await;
            tracing::info!("stopped");
            Ok::<_, anyhow::Error>(())
        })?;
        // A load or a connection that is still under way must not hold the process.
        self.runtime.shutdown_background();
        drop(self.scheduler);
        Ok(())
    }
}

/// What is wrong with tokens and keys; said here because the command line's parser would repeat them.
fn secrets(settings: &Serve) -> Result<(), String> {
    let admin = settings.admin_token.as_ref().map_or(Ok(()), Token::check);
    admin
        .map_err(|what| format!("the admin token {what}: set MODELHOST_ADMIN_TOKEN to another"))?;
    settings.access.keys().map(|_| ())
}

fn access(settings: &settings::Access) -> Access {
    let keys = settings.keys().unwrap_or_default();
    let origins = settings.cors.iter().map(|origin| origin.0.clone());
    let rate = settings.rate_limit.map(|rate| Rate {
        count: rate.count,
        per: rate.per,
    });
    Access {
        keys: Keys::of(keys),
        rate,
        proxies: settings.trusted_proxies.clone(),
        origins: Origins::of(origins),
        careful: !settings.no_security_headers,
    }
}
