//! Connections: accept, cap, time out, drain. warp's own server has no header timeout, no cap and no bound on draining.
//! Must not know routes.

use super::{Shared, Timeouts, trace};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use warp::filters::BoxedFilter;
use warp::reply::Response;

pub(super) struct Listening {
    pub(super) listener: TcpListener,
    pub(super) connections: usize,
    pub(super) timeouts: Timeouts,
    pub(super) shared: Arc<Shared>,
}

impl Listening {
    pub(super) async fn run(
        self,
        routes: BoxedFilter<(Response,)>,
        stop: impl Future<Output = ()>,
    ) {
        let permits = Arc::new(Semaphore::new(self.connections));
        let graceful = GracefulShutdown::new();
        let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.timeouts.client);
        let accept = |stream: TcpStream, peer: IpAddr, permit| {
            let service = TowerToHyperService::new(warp::service(routes.clone()));
            let shared = self.shared.clone();
            let answer = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(shared.gate.peer(peer));
                let answer = trace::answer(service.clone(), shared.clone(), request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            // Small answers must not wait for the client's acknowledgement.
            stream.set_nodelay(true).ok();
            // A client that does not read its answer must not keep its place for ever.
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(self.timeouts.client));
            let io = TokioIo::new(Box::pin(stream));
            let connection =
                graceful.watch(http.serve_connection_with_upgrades(io, answer).into_owned());
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended");
                }
                drop(permit);
            });
        };
        let mut stop = pin!(async {
            stop.await;
            // Health and readiness are still answered while requests in flight finish.
            self.shared.registry.drain();
        });
        let mut drained = pin!(async {
            let mut predicting = self.shared.predicting.subscribe();
            predicting.wait_for(|count| *count == 0).await.ok();
        });
        #[allow(
            clippy::disallowed_methods,
            reason = "the grace period, once it begins"
        )]
        let mut deadline = pin!(tokio::time::sleep(Duration::MAX));
        let mut draining = false;
        loop {
            tokio::select! {
                () = &mut stop, if !draining => {
                    draining = true;
                    deadline.as_mut().reset(tokio::time::Instant::now() + self.timeouts.grace);
                }
                () = &mut drained, if draining => break,
                () = &mut deadline, if draining => break,
                (stream, peer, permit) = self.next(&permits) => accept(stream, peer, permit),
            }
        }
        drop(self.listener);
        let left = self.shared.predicting.borrow().to_owned();
        let mut sockets = self.shared.sockets.subscribe();
        let ended = async {
            graceful.shutdown().await;
            sockets.wait_for(|count| *count == 0).await.ok();
        };
        tokio::select! {
            () = ended => {}
            () = &mut deadline => tracing::warn!(left, "the grace period is over; ending with requests in flight"),
        }
    }

    async fn next(
        &self,
        permits: &Arc<Semaphore>,
    ) -> (TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit) {
        let permit = permits
            .clone()
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, peer.ip(), permit),
                Err(error) => {
                    // Out of file descriptors, most likely: some will be given back.
                    tracing::warn!(%error, "cannot accept a connection");
                    #[allow(clippy::disallowed_methods, reason = "a pause between tries")]
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}
