//! `modelhost check`: everything that is wrong, without serving.
//! Must not know how a manifest is read or loaded.

use super::{USAGE, load};
use crate::manifest;
use crate::service::{self, Agreement, Error, Service};
use crate::settings::Check;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(settings: &Check, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut manifests = Vec::new();
    for path in &settings.manifests {
        match load::manifests(path) {
            Some(read) => manifests.extend(read),
            None => code = ExitCode::from(USAGE),
        }
    }
    if let Err(error) = manifest::check_together(&manifests) {
        load::complain(&error);
        code = ExitCode::from(USAGE);
    }
    let loader = load::loader(1, cache)?;
    let runtime = load::runtime()?;
    for manifest in manifests {
        let file = manifest.file.display().to_string();
        let service = runtime.block_on(Service::load(manifest, &loader, load::quiet()));
        match service.and_then(|service| Ok((agreement(&service, settings)?, service))) {
            Ok((agreement, service)) => writeln!(
                std::io::stdout(),
                "{file}: ok: {} {} sha256 {}, {} answered{}",
                service.manifest.name,
                service.manifest.model.file,
                service.artifact.sha256,
                match service.manifest.examples.len() {
                    1 => "1 example".to_owned(),
                    count => format!("{count} examples"),
                },
                agreement.map_or_else(String::new, |it| format!(
                    ", {} numbers of the reference agree to {:.1e}",
                    it.values, it.largest
                )),
            )?,
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
    Ok(code)
}

/// How the service agrees with the reference of the command line, or else with its manifest's own.
fn agreement(service: &Service, settings: &Check) -> Result<Option<Agreement>, Error> {
    let Some(path) = &settings.reference else {
        return Ok(service.agreement);
    };
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Error::Read {
        file: file.clone(),
        error,
    })?;
    let model = service.pipeline.model();
    service::agree(&file, &bytes, model, settings.tolerance).map(Some)
}
