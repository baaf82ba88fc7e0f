//! `modelhost predict`: one answer on stdout, without a server.
//! Must not know what the request means.

use super::{USAGE, load};
use crate::pipeline::{self, Request};
use crate::service::Service;
use crate::settings::Predict;
use anyhow::Context as _;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

pub(super) fn run(settings: &Predict) -> anyhow::Result<ExitCode> {
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
        body = std::fs::read(&settings.input)
            .with_context(|| format!("cannot read `{}`", settings.input.display()))?;
    }
    let loader = load::loader(1)?;
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
    let request = Request {
        content_type: "application/json".to_owned(),
        body: body.into(),
    };
    match service.pipeline.predict(&request) {
        Ok(answer) => {
            writeln!(std::io::stdout(), "{{\"outputs\":{}}}", answer.outputs)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(pipeline::Error::Invalid { message, field }) => {
            let field = field.map(|field| format!("{field}: ")).unwrap_or_default();
            load::complain(&format!("{}: {field}{message}", settings.input.display()));
            Ok(ExitCode::from(USAGE))
        }
        Err(error) => Err(error.into()),
    }
}
