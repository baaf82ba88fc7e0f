//! `modelhost predict`: one answer on stdout, without a server.
//! Must not know what the request means.

use super::{USAGE, load};
use crate::pipeline::{self, Request};
use crate::service::Service;
use crate::settings::Predict;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(settings: &Predict, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let Some(mut manifests) = load::manifests(&settings.manifest) else {
        return Ok(ExitCode::from(USAGE));
    };
    if manifests.len() != 1 {
        load::complain(&format!(
            "{}: holds {} manifests; name one file",
            settings.manifest.display(),
            manifests.len()
        ));
        return Ok(ExitCode::from(USAGE));
    }
    let manifest = manifests.remove(0);
    let mut body = Vec::new();
    if settings.input.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut body)?;
    } else {
        body = match std::fs::read(&settings.input) {
            Ok(body) => body,
            Err(error) => {
                load::complain(&format!("--input {}: {error}", settings.input.display()));
                return Ok(ExitCode::from(USAGE));
            }
        };
    }
    let loader = load::loader(1, cache)?;
    let file = manifest.file.display().to_string();
    let loaded = load::runtime()?.block_on(Service::load(manifest, &loader, load::quiet()));
    let service = match loaded {
        Ok(service) => service,
        Err(error) if error.is_the_manifests() => {
            load::complain(&format!("{file}: {error}"));
            return Ok(ExitCode::from(USAGE));
        }
        Err(error) => return Err(error.into()),
    };
    let request = Request::json(body);
    match service.pipeline.predict(&request) {
        Ok(answer) => {
            let outputs = answer.outputs.into_json();
            writeln!(std::io::stdout(), "{{\"outputs\":{outputs}}}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ (pipeline::Error::Malformed(_) | pipeline::Error::MediaType { .. })) => {
            load::complain(&format!("{}: {error}", settings.input.display()));
            Ok(ExitCode::from(USAGE))
        }
        Err(pipeline::Error::Invalid { message, field }) => {
            let field = field.map(|field| format!("{field}: ")).unwrap_or_default();
            load::complain(&format!("{}: {field}{message}", settings.input.display()));
            Ok(ExitCode::from(USAGE))
        }
        Err(error) => Err(error.into()),
    }
}
