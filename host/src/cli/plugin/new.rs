//! `modelhost plugin new`: a project to start from.
//! Must not know what is in it.

use super::{Done, Stop};
use crate::authoring::{self, New};
use crate::settings::{Language, PluginNew, World};
use std::io::Write as _;

pub(super) fn run(settings: &PluginNew) -> Done {
    let new = New {
        name: settings.name.clone(),
        language: match settings.lang {
            Language::Rust => authoring::Language::Rust,
            Language::Python => authoring::Language::Python,
            Language::JavaScript => authoring::Language::JavaScript,
            Language::C => authoring::Language::C,
        },
        world: world(settings.world),
        into: settings.into.clone(),
    };
    let folder = new
        .write()
        .map_err(|error| Stop::Wrong(error.to_string()))?;
    let folder = folder.display();
    writeln!(
        std::io::stdout(),
        "{folder}: a {} in {}; {folder}/README.md says how to go on",
        new.world,
        new.language
    )?;
    Ok(())
}

pub(super) fn world(world: World) -> authoring::World {
    match world {
        World::Preprocessor => authoring::World::Preprocessor,
        World::Postprocessor => authoring::World::Postprocessor,
        World::Processor => authoring::World::Processor,
    }
}
