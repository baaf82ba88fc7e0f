//! `modelhost plugin build`: from source to a file that this host has loaded.
//! Must not know the tools of any language.

use super::given::{Given, Wasm};
use super::{Done, Stop, new, show, wrong};
use crate::authoring::{Build, Error, Project};
use crate::plugin::LoadError;
use crate::settings::PluginBuild;
use std::io::Write as _;
use std::path::Path;

pub(super) fn run(settings: &PluginBuild, cache: Option<&Path>) -> Done {
    let told = |error: Error| match error {
        Error::Failed { .. } | Error::Io { .. } => Stop::Failed(error.to_string()),
        error => Stop::Wrong(error.to_string()),
    };
    let project = Project::at(&settings.project).map_err(told)?;
    let build = Build {
        world: settings.world.map(new::world),
        wasi: settings.wasi_inert,
        out: settings.out.clone(),
    };
    let out = project.build(&build).map_err(told)?;
    let wasm = Wasm::read(&out)?;
    let facts = wasm.facts()?;
    let config = project.config();
    let given = Given::of_project(config.as_deref(), settings.wasi_inert)?;
    let loaded = given.load(&wasm, cache);
    let (name, language) = (out.display(), project.language());
    let state = match (loaded, &config) {
        (Ok(loaded), _) => format!("loaded in {}", show::duration(loaded.took)),
        // Without a sample there is nothing that it could be expected to take.
        (Err(error @ LoadError::Init(_)), None) => {
            format!("not tried with a configuration, for there is no config.json: {error}")
        }
        (Err(error @ LoadError::InitFault(_)), None) => {
            let told = wasm.refusal(&error);
            let why = "there is no config.json, so its configuration was null";
            return Err(wrong(name, format!("{told}; {why}")));
        }
        (Err(error), _) => return Err(wrong(name, wasm.refusal(&error))),
    };
    writeln!(
        std::io::stdout(),
        "{name}: a {} in {language} ({}), {} bytes, {state}",
        show::world(&facts),
        show::stages(&facts).join(", "),
        wasm.bytes.len(),
    )?;
    Ok(())
}
