//! Who may predict, and how often: keys, a rate for each client, and pages of which sites may read an answer.
//! Must not know what is predicted.

mod address;
mod cors;
mod keys;
mod rate;

pub use cors::Origins;
pub use ipnet::IpNet;
pub use keys::Keys;
pub use rate::Rate;

pub(super) use keys::bearer;

use super::reject::Reject;
use address::client;
use rate::{Allowance, Limiter};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use warp::http::HeaderMap;

/// What an operator allows. By default: everybody, as often as they like, from pages of this server alone.
#[derive(Debug, Default)]
pub struct Access {
    /// Who predicts shows one of these; with none, nobody need.
    pub keys: Keys,
    /// So often may each client predict; none, and there is no bound.
    pub rate: Option<Rate>,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
    /// The sites whose pages may read answers.
    pub origins: Origins,
    /// Whether responses carry the headers that tell browsers to be careful.
    pub careful: bool,
}

/// The other end of a connection, and what one request of it has been told of its rate.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    address: IpAddr,
    /// None where there is no rate.
    allowance: Option<Arc<OnceLock<Allowance>>>,
}

impl Peer {
    /// Says in `headers` what was left when the request was let in or not.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        if let Some(allowance) = self.allowance.as_ref().and_then(|told| told.get()) {
            allowance.mark(headers);
        }
    }
}

/// Access as it is held against requests.
pub(super) struct Gate {
    access: Access,
    limiter: Option<Limiter>,
}

impl Gate {
    pub(super) fn new(access: Access) -> Gate {
        let limiter = access.rate.map(Limiter::new);
        Gate { access, limiter }
    }

    /// Whether predictions need a key.
    pub(super) fn asks_for_keys(&self) -> bool {
        !self.access.keys.is_empty()
    }

    /// Whether each client may predict only so often.
    pub(super) fn is_limited(&self) -> bool {
        self.limiter.is_some()
    }

    /// The other end of one request's connection.
    pub(super) fn peer(&self, address: IpAddr) -> Peer {
        let allowance = self.is_limited().then(Arc::default);
        Peer { address, allowance }
    }

    pub(super) fn origins(&self) -> &Origins {
        &self.access.origins
    }

    pub(super) fn is_careful(&self) -> bool {
        self.access.careful
    }

    /// Lets a prediction in; the name of the key that it came with, where keys are asked for.
    pub(super) fn admit(
        &self,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<Option<&str>, Reject> {
        let name = self.access.keys.named(headers)?;
        if let Some(limiter) = &self.limiter {
            let address = peer
                .as_ref()
                .map(|peer| client(peer.address, headers, &self.access.proxies));
            let (allowance, admitted) = limiter.admit(name, address);
            if let Some(told) = peer.and_then(|peer| peer.allowance) {
                told.set(allowance).ok();
            }
            admitted?;
        }
        Ok(name)
    }
}
