//! `modelhost init`: a manifest for a model that has none, loaded once to see that it works.
//! Must not know what is guessed, or from what.

use super::{USAGE, load};
use crate::init::{self, Draft, Place, Wanted};
use crate::manifest::{BadValue, Manifest};
use crate::service::{self, Loader, Service};
use crate::settings::Init;
use anyhow::Context as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// Loads at most: each but the last changes one thing.
const TRIES: usize = 16;

pub(super) fn run(settings: &Init, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let wanted = match wanted(settings) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(refuse(&problem)),
    };
    if let Some(out) = &settings.out
        && out.exists()
        && !settings.force
    {
        return Ok(refuse(&exists(out)));
    }
    let loader = load::loader(1, cache)?;
    let runtime = load::runtime()?;
    let draft = match runtime.block_on(init::draft(&wanted, &loader)) {
        Ok(draft) => draft,
        Err(error) if error.is_the_callers() => return Ok(refuse(&error)),
        Err(error) => {
            load::complain(&error);
            return Ok(ExitCode::FAILURE);
        }
    };
    // Where it is printed, it is taken to be saved in the folder that the process runs in.
    let file = settings.out.clone();
    let file = file.unwrap_or_else(|| PathBuf::from(format!("{}.yaml", draft.name)));
    let checked = match settings.no_check {
        true => Checked {
            draft,
            failure: None,
        },
        false => check(draft, &runtime, &loader)?,
    };
    for line in checked.draft.report().lines() {
        load::complain(&line);
    }
    if let Some(error) = &checked.failure
        && matches!(
            error,
            service::Error::Model { .. }
                | service::Error::Weights { .. }
                | service::Error::Source(_)
        )
    {
        load::complain(&format!("nothing was written: {error}"));
        return Ok(ExitCode::FAILURE);
    }
    if let Err(error) = write(settings, &checked.draft) {
        return match error.kind() {
            ErrorKind::AlreadyExists => Ok(refuse(&exists(&file))),
            _ => Err(error).with_context(|| format!("cannot write `{}`", file.display())),
        };
    }
    conclude(settings, &file, &checked);
    Ok(match checked.failure {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

fn wanted(settings: &Init) -> Result<Wanted, String> {
    let place = Place::find(&settings.model, settings.revision.as_deref());
    let task = settings.task.as_deref().map(str::parse).transpose();
    if let Some(name) = &settings.name
        && init::name(name) != *name
    {
        return Err(format!(
            "--name `{name}`: a name is made of `a` to `z`, digits and inner `-`; take `{}`",
            init::name(name)
        ));
    }
    Ok(Wanted {
        place: place.map_err(|error| error.to_string())?,
        file: settings.file.clone(),
        task: task.map_err(|bad: BadValue| format!("--task {bad}"))?,
        name: settings.name.clone(),
    })
}

/// A draft that was loaded.
struct Checked {
    draft: Draft,
    /// Why it does not work.
    failure: Option<service::Error>,
}

/// Loads the draft, and changes what can be helped until it works.
fn check(mut draft: Draft, runtime: &Runtime, loader: &Loader) -> anyhow::Result<Checked> {
    for _ in 0..TRIES {
        // As if it lay where the process runs: the folder of the file may not be there yet.
        let text = draft.yaml(Path::new(""));
        let manifest = Manifest::parse(Path::new("init.yaml"), text.as_bytes())
            .with_context(|| format!("the draft is no manifest:\n{text}"))?;
        let error = match runtime.block_on(Service::load(manifest, loader, load::quiet())) {
            Ok(_) => {
                return Ok(Checked {
                    draft,
                    failure: None,
                });
            }
            Err(error) => error,
        };
        match init::mend(draft.clone(), &error) {
            Some(mended) => draft = mended,
            None => {
                return Ok(Checked {
                    draft,
                    failure: Some(error),
                });
            }
        }
    }
    anyhow::bail!("the draft was changed {TRIES} times and still does not work")
}

fn write(settings: &Init, draft: &Draft) -> std::io::Result<()> {
    let Some(out) = &settings.out else {
        let text = draft.yaml(Path::new(""));
        return std::io::stdout().write_all(text.as_bytes());
    };
    let folder = out.parent().unwrap_or(Path::new(""));
    // Before the text is made: a path from a folder that is not there yet cannot be followed.
    std::fs::create_dir_all(folder)?;
    let text = draft.yaml(folder);
    let mut options = OpenOptions::new();
    match settings.force {
        true => options.write(true).create(true).truncate(true),
        // Whoever made the file meanwhile keeps it.
        false => options.write(true).create_new(true),
    };
    options.open(out)?.write_all(text.as_bytes())
}

fn conclude(settings: &Init, file: &Path, checked: &Checked) {
    let name = file.display();
    let verdict = match (&checked.failure, settings.no_check) {
        (Some(error), _) => {
            load::complain(&format!("check: {error}"));
            format!("mend it, then: modelhost check {name}")
        }
        (None, true) => format!("not checked; next: modelhost check {name}"),
        (None, false) => {
            let answered = match checked.draft.example_count() {
                1 => "1 example answered".to_owned(),
                count => format!("{count} examples answered"),
            };
            load::complain(&format!("check: ok, {answered}"));
            format!("next: modelhost serve {name}")
        }
    };
    match settings.out {
        Some(_) => load::complain(&format!("wrote {name}; {verdict}")),
        None => load::complain(&format!("save it as {name}; {verdict}")),
    }
}

fn exists(out: &Path) -> String {
    format!(
        "`{}` is there already; --force overwrites it",
        out.display()
    )
}

fn refuse(problem: &dyn std::fmt::Display) -> ExitCode {
    load::complain(problem);
    ExitCode::from(USAGE)
}
