//! `modelhost check`: everything that is wrong, without serving.
//! Must not know how a manifest is read or loaded.

use super::{USAGE, load};
use crate::service::Service;
use crate::settings::Check;
use std::io::Write as _;
use std::process::ExitCode;

pub(super) fn run(settings: &Check) -> anyhow::Result<ExitCode> {
    let loader = load::loader()?;
    let runtime = load::runtime()?;
    let mut code = ExitCode::SUCCESS;
    for path in &settings.manifests {
        let Some(manifests) = load::manifests(path) else {
            code = ExitCode::from(USAGE);
            continue;
        };
        for manifest in manifests {
            let file = manifest.file.display().to_string();
            match runtime.block_on(Service::load(manifest, &loader, load::quiet())) {
                Ok(service) => writeln!(
                    std::io::stdout(),
                    "{file}: ok: {} {} sha256 {}, {} answered",
                    service.manifest.name,
                    service.manifest.model.file,
                    service.artifact.sha256,
                    match service.manifest.examples.len() {
                        1 => "1 example".to_owned(),
                        count => format!("{count} examples"),
                    },
                )?,
                Err(error) => {
                    load::complain(&format!("{file}: {error}"));
                    code = ExitCode::from(USAGE);
                }
            }
        }
    }
    Ok(code)
}
