//! What happens to models, told to whoever listens: steps of a load, swaps, refusals.
//! Must not know who listens, nor keep what nobody listened to.

use std::time::{Duration, SystemTime};
use tokio::sync::broadcast;

/// A listener that is further behind loses the oldest.
const KEPT: usize = 256;

/// Something that happened to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The model; empty where a manifest has not said its name.
    pub model: String,
    /// What happened.
    pub kind: Kind,
    /// The same in a sentence; for [`Kind::Stage`] what is being done.
    pub text: String,
    /// When, since 1970.
    pub at: Duration,
}

/// What happened to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A load goes on.
    Stage,
    /// A version answers from now on.
    Live,
    /// A new version is tried on requests.
    Trial,
    /// A new version was not taken.
    Refused,
    /// The earlier version answers again.
    RolledBack,
    /// The model is served no more.
    Unloaded,
}

impl Kind {
    /// The word for it in answers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Stage => "stage",
            Kind::Live => "live",
            Kind::Trial => "trial",
            Kind::Refused => "refused",
            Kind::RolledBack => "rolled_back",
            Kind::Unloaded => "unloaded",
        }
    }
}

/// Where events are told.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Events {
        Events(broadcast::Sender::new(KEPT))
    }
}

impl Events {
    /// Tells everyone who listens now.
    pub fn tell(&self, model: &str, kind: Kind, text: &str) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let event = Event {
            model: model.to_owned(),
            kind,
            text: text.to_owned(),
            at: now.unwrap_or_default(),
        };
        // Nobody listens, mostly.
        self.0.send(event).ok();
    }

    /// What is told from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.0.receiver_count()
    }
}
