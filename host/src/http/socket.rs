//! `GET /events` with an upgrade to WebSocket: the same events as text frames of JSON.
//! Must not know what makes things happen.

use super::Shared;
use super::events::{ALIVE, heard, written};
use super::reject::Reject;
use crate::events::Event;
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use warp::Reply as _;
use warp::http::HeaderMap;
use warp::reply::Response;
use warp::ws::{Message, WebSocket, Ws};

/// A listener has nothing to say.
const MOST_SAID: usize = 4 << 10;
/// RFC 6455, 7.4.1
const GOING_AWAY: u16 = 1001;
/// How long the other side may take to say that it closes too.
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) fn listen(ws: Ws, shared: &Arc<Shared>, headers: &HeaderMap) -> Response {
    // Browsers let any page open a WebSocket, and leave it to the server which may.
    if !shared.gate.origins().may_listen(headers) {
        let what = "pages of this site may not listen here; name the site in MODELHOST_CORS";
        return Reject::Forbidden(what.to_owned()).into_response();
    }
    let events = match heard(shared) {
        Ok(events) => events,
        Err(reject) => return reject.into_response(),
    };
    let open = Open::begin(shared.clone());
    ws.max_message_size(MOST_SAID)
        .max_frame_size(MOST_SAID)
        .on_upgrade(move |socket| tell(socket, open, events))
        .into_response()
}

/// Each event is sent before the next is looked at, so a client that does not read costs one of them and its own place.
async fn tell(mut socket: WebSocket, open: Open, mut events: Receiver<Event>) {
    let mut pings = interval_at(Instant::now() + ALIVE, ALIVE);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_there = true;
    let goodbye = loop {
        let message = tokio::select! {
            event = events.recv() => match written(event) {
                Some((_, data)) => Message::text(data.to_string()),
                None => break "there will be no more events",
            },
            () = open.0.registry.drained() => break "the server is ending",
            said = socket.next() => match said {
                // Also the answer to a ping.
                Some(Ok(_)) => {
                    is_there = true;
                    continue;
                }
                _ => return,
            },
            _ = pings.tick() => {
                if !is_there {
                    return;
                }
                is_there = false;
                Message::ping(Vec::new())
            }
        };
        if socket.send(message).await.is_err() {
            return;
        }
    };
    let end = Message::close_with(GOING_AWAY, goodbye);
    if socket.send(end).await.is_ok() {
        let rest = async { while let Some(Ok(_)) = socket.next().await {} };
        timeout(GOODBYE, rest).await.ok();
    }
}

/// Counts a socket for as long as it lives: hyper knows nothing more of a connection that was upgraded.
struct Open(Arc<Shared>);

impl Open {
    fn begin(shared: Arc<Shared>) -> Open {
        shared.sockets.send_modify(|count| *count += 1);
        Open(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.sockets.send_modify(|count| *count -= 1);
    }
}
