//! The wire: routes, bodies, status codes, connections; the only module that names warp.
//! Must not know how an answer is made.

mod admin;
mod body;
mod bundle;
mod events;
mod form;
mod health;
mod listener;
mod models;
mod page;
mod predict;
mod reject;
mod routes;
mod trace;
mod ui;

use crate::metrics::Metrics;
use crate::registry::Registry;
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
    /// Predictions under way: draining waits for them.
    predicting: watch::Sender<usize>,
}

impl Server {
    /// A server of the models in `registry`; `admin` is what an operator must show.
    pub fn new(registry: Arc<Registry>, metrics: Arc<Metrics>, admin: Option<String>) -> Server {
        Server {
            shared: Arc::new(Shared {
                registry,
                metrics,
                admin,
                predicting: watch::Sender::new(0),
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
            shared: self.shared,
        };
        listening.run(routes, stop).await;
    }
}

/// Which model and route a response belongs to, for metrics and the log.
#[derive(Clone, Debug)]
struct Labels {
    model: String,
    route: &'static str,
}
