//! The wire: routes, bodies, status codes, connections; the only module that names warp.
//! Must not know how an answer is made.

mod access;
mod admin;
mod body;
mod bundle;
mod call;
mod conditional;
mod context;
mod dialect;
mod docs;
mod events;
mod find;
mod form;
mod health;
mod info;
mod kept;
mod listener;
mod models;
mod object;
mod oip;
mod openapi;
mod packed;
mod page;
mod predict;
mod reject;
mod routes;
mod row;
mod rows;
mod socket;
mod trace;
mod ui;
mod v1;

pub use access::{Access, IpNet, Keys, Origins, Rate};

use crate::cache::Cache;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::spans::Spans;
use access::Gate;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long clients are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a request's head, and between two parts of its body.
    pub client: Duration,
    /// For requests in flight once the server is told to stop.
    pub grace: Duration,
}

/// The server: everything that answers over HTTP.
pub struct Server {
    shared: Arc<Shared>,
}

/// What the routes see.
pub(crate) struct Shared {
    registry: Arc<Registry>,
    metrics: Arc<Metrics>,
    /// What an operator must show; none, and nobody is one.
    admin: Option<String>,
    gate: Gate,
    cache: Cache,
    /// Predictions under way: draining waits for them.
    predicting: watch::Sender<usize>,
    /// WebSockets that are open: ending waits for their goodbye.
    sockets: watch::Sender<usize>,
    spans: Spans,
}

impl Server {
    /// A server of the models in `registry`; `admin` is what an operator must show, `access` what others may do, `cache`
    /// where answers are kept for models that want that, and `spans` where traces go.
    pub fn new(
        registry: Arc<Registry>,
        metrics: Arc<Metrics>,
        admin: Option<String>,
        access: Access,
        cache: Cache,
        spans: Spans,
    ) -> Server {
        Server {
            shared: Arc::new(Shared {
                registry,
                metrics,
                admin,
                gate: Gate::new(access),
                cache,
                predicting: watch::Sender::new(0),
                sockets: watch::Sender::new(0),
                spans,
            }),
        }
    }

    /// Answers on `listener`, with at most `connections` open at once, until
    /// `stop`; then takes no new predictions, lets those under way finish
    /// within the grace period, and returns.
    pub async fn serve(
        self,
        listener: TcpListener,
        connections: usize,
        timeouts: Timeouts,
        stop: impl Future<Output = ()>,
    ) {
        let routes = routes::routes(self.shared.clone(), timeouts.client);
        let listening = listener::Listening {
            listener,
            connections,
            timeouts,
            shared: self.shared.clone(),
        };
        listening.run(routes, stop).await;
        // Blocks on the network; nobody is answered any more.
        let last = tokio::task::spawn_blocking(move || self.shared.spans.end());
        last.await.ok();
    }
}

/// Which model and route a response belongs to, for metrics and the log.
#[derive(Clone, Debug)]
struct Labels {
    model: String,
    route: &'static str,
}
