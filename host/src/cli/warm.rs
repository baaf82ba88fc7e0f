//! `modelhost warm`: fetches and compiles, so that a later start does neither.
//! Must not know how a manifest is read or loaded.

use super::{USAGE, load};
use crate::plugin::Plugin;
use crate::service::Service;
use crate::settings::Warm;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(settings: &Warm, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let loader = load::loader(1, cache)?;
    let runtime = load::runtime()?;
    for path in &settings.manifests {
        let Some(manifests) = load::manifests(path) else {
            code = ExitCode::from(USAGE);
            continue;
        };
        for manifest in manifests {
            let file = manifest.file.display().to_string();
            match runtime.block_on(Service::load(manifest, &loader, load::quiet())) {
                Ok(service) => {
                    let plugins = [
                        service.pipeline.preprocess(),
                        service.pipeline.postprocess(),
                    ];
                    let plugins: Vec<String> = plugins.into_iter().flatten().map(settled).collect();
                    writeln!(
                        std::io::stdout(),
                        "{file}: warm: {} {}{}",
                        service.manifest.name,
                        service.artifact.sha256,
                        plugins.concat(),
                    )?;
                }
                Err(error) => {
                    load::complain(&format!("{file}: {error}"));
                    if error.is_the_manifests() {
                        code = ExitCode::from(USAGE);
                    } else if code == ExitCode::SUCCESS {
                        code = ExitCode::FAILURE;
                    }
                }
            }
        }
    }
    Ok(code)
}

fn settled(plugin: &Plugin) -> String {
    format!(", {} {}", plugin.name(), plugin.settled().name())
}
