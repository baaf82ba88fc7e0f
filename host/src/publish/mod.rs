//! From a folder to a model repo on the Hub, and from a manifest to a Docker Space that serves it.
//! Must not know how to serve a model, nor read the environment; what is printed is the command's affair.
//!
//! `model` and `space` are the two ways from beginning to end; `push` is what they share.

mod api;
mod ask;
mod card;
mod error;
mod folder;
mod hub;
mod ignore;

mod model;
mod place;
mod plan;
mod push;
mod readme;
mod rewrite;
mod space;
mod stage;

use std::fmt;

pub use card::{Problem, Problems};
pub use error::{Difference, Error};
pub use model::{Card, Published, model};
pub use plan::{Change, Plan, Planned};
pub use space::{Made, Space, Wanted, space};
pub use stage::{Failure, Wait};

/// What a repo of the Hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Files that are downloaded.
    Model,
    /// Files that are built and run.
    Space,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Space => "Space",
        })
    }
}

/// What is happening; sent often, so a receiver must be quick.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// What would be sent is known.
    Planned(&'a Plan),
    /// The repo was absent and is made.
    Created {
        /// Its page.
        url: &'a str,
    },
    /// Bytes of changed files are on their way.
    Uploading {
        /// Sent.
        done: u64,
        /// To send.
        total: u64,
    },
    /// A published file is on its way back.
    Verifying {
        /// Its path in the repo.
        file: &'a str,
        /// Arrived.
        done: u64,
        /// Its size, where that is known.
        total: Option<u64>,
    },
    /// A variable or secret of the Space was set.
    Set {
        /// Its name; the value is nobody's business.
        name: &'a str,
        /// Whether nobody can read it back.
        secret: bool,
    },
    /// The Space is in another stage.
    Stage(&'a str),
}

/// A receiver of steps.
pub type OnStep<'a> = dyn Fn(Step<'_>) + Send + Sync + 'a;
