//! Authoring: projects of plugins, written from templates and built with the tools of their language.
//! Must not know the command line, nor how a plugin is run.

mod bindings;
mod error;
mod language;
mod project;
mod sdk;
mod stages;
mod template;
mod tool;
mod wit;

pub use error::Error;
pub use language::Language;
pub use project::{Build, Project};
pub use template::New;
pub use wit::World;
