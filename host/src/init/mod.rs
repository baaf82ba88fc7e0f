//! A manifest for a model that nobody has written one for: what its files say, and what follows from that.
//! Must not know argv, nor where the manifest goes.
//!
//! [`draft`] is the whole way: list the files, choose the ONNX file, read it and the small files beside it, guess.
//! `mend` changes a draft that does not load. A [`Draft`] writes itself as YAML and says of each guess what it comes from.

mod card;
mod choice;
mod draft;
mod error;
mod example;
mod facts;
mod files;
mod guess;
mod image;
mod kin;
mod limits;
mod mend;
mod place;
mod report;
mod roles;
mod scores;
mod shape;
mod table;
mod task;
mod tensors;
mod text;
mod title;
mod write;

pub use draft::Draft;
pub use error::Error;
pub use mend::mend;
pub use place::Place;
pub use report::{Guess, Report};
pub use title::name;

use crate::manifest::{Source, Task};
use crate::service::Loader;
use crate::source::{self, HubSettings, Progress};
use facts::Facts;
use files::Files;

/// What whoever asks for a manifest wants to be in it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the model is.
    pub place: Place,
    /// The ONNX file, where it is not to be chosen.
    pub file: Option<String>,
    /// The task, where it is not to be guessed.
    pub task: Option<Task>,
    /// The name, where it is not to be made from the model's.
    pub name: Option<String>,
}

/// Reads what there is of the model and drafts its manifest.
///
/// # Errors
/// There is no model, it cannot be had, or it is no ONNX file that can be served; see [`Error`].
pub async fn draft(wanted: &Wanted, loader: &Loader) -> Result<Draft, Error> {
    let hub = &loader.hub;
    let observed = wanted.place.to_string();
    let on_progress = &|progress: Progress<'_>| (loader.observe)(&observed, progress.into());
    let place = &wanted.place;
    let source = place.source();
    // Whoever typed the command is waiting, and may have mistyped it; downloads are tried more often.
    let impatient = HubSettings {
        retries: 1,
        ..HubSettings::clone(hub)
    };
    let listing = source::list(&source, &impatient).await;
    let listing = listing.map_err(|error| unlisted(place, error))?;
    let source = pinned(source, listing.revision.as_deref());
    let asked = wanted.file.as_deref().or(place.file());
    let model = match &listing.files {
        Some(files) => choice::choose(place, files, asked)?,
        None => choice::probe(place, &source, asked, hub, on_progress).await?,
    };
    let names = listing.files.as_deref();
    let mut files = Files::bring(&source, names, &model.file.value, hub, on_progress).await?;
    let mut facts = Facts::read(place, &mut files, &model)?;
    facts.kin = kin::ask(&facts, hub, on_progress).await;
    guess::draft(wanted, source, &model, &facts)
}

/// What is no repo either may be a path that was mistyped.
fn unlisted(place: &Place, error: source::Error) -> Error {
    let is_there = matches!(
        error,
        source::Error::RevisionNotFound { .. } | source::Error::RevisionName { .. }
    );
    match place {
        Place::Hub { repo, .. } if !is_there => Error::NeitherHere {
            text: repo.to_string(),
            error: Box::new(error),
        },
        _ => error.into(),
    }
}

/// The same place at the commit that was listed, so that what was read is what will be served.
fn pinned(source: Source, commit: Option<&str>) -> Source {
    match (source, commit) {
        (Source::Hub { repo, .. }, Some(commit)) => Source::Hub {
            repo,
            revision: commit.to_owned(),
        },
        (source, _) => source,
    }
}
