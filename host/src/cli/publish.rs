//! `modelhost publish`: a folder to a model repo of the Hub, a manifest to a Space.
//! Must not know what is checked or how it is sent; the address and the commit go to stdout, all else to stderr.

use super::bar::Moving;
use super::{USAGE, load};
use crate::manifest::Repo;
use crate::publish::{self, Card, Change, Error, Kind, Plan, Space, Step, Wait, Wanted};
use crate::settings::{self, Publish, PublishModel, PublishSpace};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// The pause before the second look at a Space.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

pub(super) fn run(settings: &Publish) -> anyhow::Result<ExitCode> {
    match settings {
        Publish::Model(settings) => model(settings),
        Publish::Space(settings) => space(settings),
    }
}

fn model(asked: &PublishModel) -> anyhow::Result<ExitCode> {
    let Some(repo) = repo("--repo", &asked.repo) else {
        return Ok(ExitCode::from(USAGE));
    };
    let wanted = Card {
        folder: asked.folder.clone(),
        repo,
        is_private: asked.private,
        tag: asked.tag.clone(),
        excluded: asked.exclude.clone(),
        is_dry: asked.dry_run,
    };
    let hub = settings::hub();
    let bar = Moving::new();
    let on_step = |step: Step<'_>| tell(&bar, step, asked.dry_run);
    let runtime = load::runtime()?;
    match runtime.block_on(publish::model(&wanted, &hub, &on_step)) {
        Ok(None) => Ok(ExitCode::SUCCESS),
        Ok(Some(done)) => {
            let files = match done.verified {
                1 => "1 file was downloaded back and is".to_owned(),
                count => format!("{count} files were downloaded back and are"),
            };
            load::complain(&format!("{files} the same"));
            writeln!(std::io::stdout(), "{}\ncommit {}", done.url, done.commit)?;
            load::complain(&format!(
                "next: modelhost publish space --repo {0}-space --manifest FILE --model-repo {0} --revision {1}",
                asked.repo, done.commit
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

fn space(asked: &PublishSpace) -> anyhow::Result<ExitCode> {
    let model = match &asked.model_repo {
        None => None,
        Some(text) => match repo("--model-repo", text) {
            Some(repo) => Some((repo, asked.revision.clone())),
            None => return Ok(ExitCode::from(USAGE)),
        },
    };
    let Some(repo) = repo("--repo", &asked.repo) else {
        return Ok(ExitCode::from(USAGE));
    };
    let secrets = match asked.secrets() {
        Ok(secrets) => secrets,
        Err(problem) => {
            load::complain(&problem);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let wanted = Wanted {
        repo,
        manifest: asked.manifest.clone(),
        model,
        sources: asked.sources.clone(),
        is_private: asked.private,
        variables: asked.variable.clone(),
        secrets,
        wait: Wait {
            first: FIRST_PAUSE,
            at_most: asked.wait(),
        },
    };
    let hub = settings::hub();
    let runtime = load::runtime()?;
    let prepared = match runtime.block_on(Space::prepare(&wanted, &hub)) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(refuse(&error)),
    };
    if let Some(folder) = &asked.dry_run {
        return match prepared.write(folder) {
            Ok(count) => {
                writeln!(std::io::stdout(), "{}", folder.display())?;
                load::complain(&format!(
                    "wrote {count} files of the Space `{}`; nothing was sent",
                    wanted.repo
                ));
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => Ok(refuse(&error)),
        };
    }
    let bar = Moving::new();
    let on_step = |step: Step<'_>| tell(&bar, step, false);
    match runtime.block_on(publish::space(&wanted, &prepared, &hub, &on_step)) {
        Ok(made) => {
            writeln!(std::io::stdout(), "{}\ncommit {}", made.url, made.commit)?;
            if let Some(url) = &made.app_url {
                writeln!(std::io::stdout(), "{url}")?;
            }
            if made.stage.is_none() {
                load::complain(&"the Space builds now; its page says how far it is");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

/// What happens, for whoever waits.
fn tell(bar: &Moving, step: Step<'_>, is_dry: bool) {
    match step {
        Step::Planned(plan) if is_dry => {
            // Nowhere to say that stdout is closed.
            writeln!(std::io::stdout(), "{plan}").ok();
        }
        Step::Planned(plan) if plan.kind == Kind::Model => bar.line(plan),
        Step::Planned(plan) => bar.line(&summary(plan)),
        Step::Created { url } => bar.line(&format!("created {url}")),
        Step::Uploading { done, total } => bar.show("uploading", done, total),
        Step::Verifying {
            file,
            done,
            total: Some(total),
        } => bar.show(&format!("downloading {file}"), done, total),
        Step::Set { name, secret: true } => bar.line(&format!("set the secret {name}")),
        Step::Set { name, .. } => bar.line(&format!("set the variable {name}")),
        Step::Stage(stage) => bar.line(&format!("the Space is {stage}")),
        _ => {}
    }
}

/// A Space has hundreds of files, and most never change.
fn summary(plan: &Plan) -> String {
    let changed: Vec<_> = plan
        .files
        .iter()
        .filter(|file| file.change != Change::Unchanged)
        .collect();
    let (count, bytes) = plan.to_send();
    format!(
        "Space `{}`: {count} of {} files to upload, {bytes} bytes{}",
        plan.repo,
        plan.files.len(),
        match changed.as_slice() {
            [] => String::new(),
            some if some.len() <= 10 => {
                let names: Vec<&str> = some.iter().map(|file| file.path.as_str()).collect();
                format!(": {}", names.join(", "))
            }
            _ => String::new(),
        }
    )
}

fn repo(flag: &str, text: &str) -> Option<Repo> {
    match text.parse::<Repo>() {
        Ok(repo) => Some(repo),
        Err(bad) => {
            load::complain(&format!("{flag} `{text}`: {bad}"));
            None
        }
    }
}

fn refuse(error: &Error) -> ExitCode {
    load::complain(error);
    match error.is_the_callers() {
        true => ExitCode::from(USAGE),
        false => ExitCode::FAILURE,
    }
}
