//! A manifest becomes a Docker Space: its files made here, sent, and watched until it runs.
//! Must not know how a request is made, nor how an image is built: it brings the sources that `.dockerignore` lets in.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{self, Content, Item, disk};
use super::ignore::Ignore;
use super::model::may_write;
use super::place::Place;
use super::push::Push;
use super::readme::readme;
use super::stage::{self, Wait};
use super::{Error, Kind, OnStep, Step, rewrite};
use crate::card;
use crate::manifest::{Manifest, Plugin, PluginSource, Repo, Source};
use crate::source::{self, HubSettings, Secret};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The Space.
    pub repo: Repo,
    /// What it serves.
    pub manifest: PathBuf,
    /// Where its model is to come from, where the manifest does not say that already: a repo, and a branch, tag or commit.
    pub model: Option<(Repo, String)>,
    /// A checkout of modelhost, which the image is built from.
    pub sources: PathBuf,
    /// Whether a Space that is made is private.
    pub is_private: bool,
    /// Environment that anybody may read.
    pub variables: Vec<(String, String)>,
    /// Environment that nobody can read back.
    pub secrets: Vec<(String, Secret)>,
    /// How to wait until it runs.
    pub wait: Wait,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The page of the Space.
    pub url: String,
    /// Where it answers by itself, on the public Hub.
    pub app_url: Option<String>,
    /// The commit that has every file.
    pub commit: String,
    /// The last stage seen, where it was waited for.
    pub stage: Option<String>,
}

/// The files of a Space, made and not yet sent.
#[derive(Debug)]
pub struct Space {
    items: Vec<Item>,
}

/// What an image has besides the host: it comes from the Hub here, or from the manifest.
const SERVED: [&str; 2] = ["manifests/", "model-card/"];

impl Space {
    /// Makes the files.
    ///
    /// # Errors
    /// The manifest or the sources do not fit, or the model repo has no such revision.
    pub async fn prepare(wanted: &Wanted, settings: &HubSettings) -> Result<Space, Error> {
        let ignore = Ignore::read(&wanted.sources.join(".dockerignore"))
            .map_err(|error| no_sources(&wanted.sources, &error))?;
        let (text, manifest) = manifest(wanted, settings).await?;
        let mut paths = Vec::new();
        walk(&wanted.sources, "", &ignore, &mut paths)?;
        paths.retain(|path| {
            path != "README.md" && !SERVED.iter().any(|served| path.starts_with(served))
        });
        let mut items = folder::read(&wanted.sources, &paths)?;

        let name = wanted.manifest.file_name().unwrap_or_default();
        let name = name
            .to_str()
            .ok_or_else(|| Error::Unfit("the manifest's name is no UTF-8; rename it".to_owned()))?;
        items.push(Item::of_bytes(
            format!("manifests/{name}"),
            text.into_bytes(),
        ));
        let mut ignored = read(&wanted.sources.join(".dockerignore"))?;
        for (path, file) in plugins(&manifest, &wanted.manifest)? {
            ignored.push_str(&format!("!{path}\n"));
            items.push(
                Item::of_file(path, file.clone()).map_err(|error| disk("read", &file, &error))?,
            );
        }
        let dockerfile = read(&wanted.sources.join("Dockerfile"))
            .map_err(|error| no_sources(&wanted.sources, &error))?;
        let dockerfile = without_absent(&dockerfile, &items);
        let front = fs::read(wanted.sources.join("README.md")).unwrap_or_default();
        let front = card::Card::parse(&front).front_matter;
        let readme = readme(&manifest, &wanted.repo, &front, &settings.shown_endpoint());
        items.retain(|item| item.path != "Dockerfile" && item.path != ".dockerignore");
        items.push(Item::of_bytes(".dockerignore", ignored.into_bytes()));
        items.push(Item::of_bytes("Dockerfile", dockerfile.into_bytes()));
        items.push(Item::of_bytes("README.md", readme.into_bytes()));
        items.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Space { items })
    }

    /// Writes the files into a folder that has none yet, and counts them.
    ///
    /// # Errors
    /// The folder holds something, or cannot be written.
    pub fn write(&self, folder: &Path) -> Result<usize, Error> {
        if fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some()) {
            return Err(Error::Unfit(format!(
                "the folder `{}` is not empty; name another one with --dry-run=FOLDER, or take it away",
                folder.display()
            )));
        }
        for item in &self.items {
            let file = folder.join(&item.path);
            let written =
                file.parent()
                    .map_or(Ok(()), fs::create_dir_all)
                    .and_then(|()| match &item.content {
                        Content::File(from) => fs::copy(from, &file).map(drop),
                        Content::Bytes(bytes) => fs::write(&file, bytes),
                    });
            written.map_err(|error| disk("write", &file, &error))?;
        }
        Ok(self.items.len())
    }
}

/// Sends the files of `space`, sets its environment first, and waits until it runs.
///
/// # Errors
/// The hub does not take it, or it does not run; see [`Error`]. What was sent until then is not sent again.
pub async fn space(
    wanted: &Wanted,
    space: &Space,
    settings: &HubSettings,
    on_step: &OnStep<'_>,
) -> Result<Made, Error> {
    may_write(settings, false)?;
    let place = Place::new(&wanted.repo, Kind::Space, settings);
    let mut push = Push::look(&place, &space.items, on_step).await?;
    push.create(wanted.is_private, on_step).await?;
    // Before the files, so that the first build has them.
    for (name, value) in &wanted.variables {
        super::ask::again(settings, || push.hub.variable(name, value)).await?;
        let secret = false;
        on_step(Step::Set { name, secret });
    }
    for (name, value) in &wanted.secrets {
        super::ask::again(settings, || push.hub.secret(name, value)).await?;
        let secret = true;
        on_step(Step::Set { name, secret });
    }
    let commit = push.send("Publish with modelhost", on_step).await?;
    push.compare(&commit).await?;
    let stage = match wanted.wait.at_most.is_zero() {
        true => None,
        false => Some(stage::wait(&place, &commit, wanted.wait, on_step).await?),
    };
    Ok(Made {
        url: place.url(),
        app_url: place.app_url(),
        commit,
        stage,
    })
}

/// The manifest of the Space, with its model on the Hub.
async fn manifest(wanted: &Wanted, settings: &HubSettings) -> Result<(String, Manifest), Error> {
    let text = read(&wanted.manifest)?;
    let (text, manifest) = match &wanted.model {
        Some((repo, revision)) => {
            let from = Source::Hub {
                repo: repo.clone(),
                revision: revision.clone(),
            };
            let commit = source::resolve(&from, settings).await;
            let commit = commit.map_err(|error| match error {
                source::Error::RepoNotFound { .. } | source::Error::RevisionNotFound { .. } => {
                    Error::Unfit(format!(
                        "{error}; here that is --model-repo and --revision; `modelhost publish model` makes the repo"
                    ))
                }
                error => error.into(),
            })?;
            let commit = commit.unwrap_or_default();
            rewrite::rewrite(&wanted.manifest, &text, repo, &commit)?
        }
        None => {
            let manifest = rewrite::parse(&wanted.manifest, &text)?;
            (text, manifest)
        }
    };
    if let Source::Local(folder) = &manifest.model.source {
        return Err(Error::Unfit(format!(
            "`{}` takes its model from the folder `{}`, which the Space does not have; publish it with `modelhost publish model`, and name what that prints with --model-repo and --revision",
            wanted.manifest.display(),
            folder.display()
        )));
    }
    Ok((text, manifest))
}

/// Files of plugins that lie beside the manifest: where they go, and where they are.
fn plugins(manifest: &Manifest, file: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let home = file.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for plugin in [&manifest.preprocess, &manifest.postprocess] {
        let Some(Plugin {
            from: PluginSource::File(file),
            ..
        }) = plugin
        else {
            continue;
        };
        let inner = file.strip_prefix(home).ok();
        let parts = inner.map(|inner| {
            let parts = inner
                .components()
                .filter(|part| *part != std::path::Component::CurDir);
            let text = |part: std::path::Component<'_>| match part {
                std::path::Component::Normal(name) => name.to_str().map(str::to_owned),
                _ => None,
            };
            parts.map(text).collect::<Option<Vec<String>>>()
        });
        let Some(Some(parts)) = parts else {
            return Err(Error::Unfit(format!(
                "the plugin `{}` lies outside of the manifest's folder; put it beside the manifest",
                file.display()
            )));
        };
        let path = format!("manifests/{}", parts.join("/"));
        if !found.iter().any(|(known, _)| *known == path) {
            found.push((path, file.clone()));
        }
    }
    Ok(found)
}

/// The Dockerfile without copies of what is not there.
fn without_absent(dockerfile: &str, items: &[Item]) -> String {
    let is_there = |source: &str| {
        let source = source.trim_start_matches("./").trim_end_matches('/');
        let inside = format!("{source}/");
        source == "."
            || source.contains('*')
            || items
                .iter()
                .any(|item| item.path == source || item.path.starts_with(&inside))
    };
    let is_kept = |line: &&str| {
        let mut words = line.split_whitespace();
        if words.next() != Some("COPY") || line.contains("--from=") || line.ends_with('\\') {
            return true;
        }
        let mut sources: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
        sources.pop();
        sources.is_empty() || sources.into_iter().any(is_there)
    };
    let kept: Vec<&str> = dockerfile.lines().filter(is_kept).collect();
    kept.join("\n") + "\n"
}

/// The files that an image is built from; links are none of them.
fn walk(root: &Path, inside: &str, ignore: &Ignore, found: &mut Vec<String>) -> Result<(), Error> {
    let folder = root.join(inside);
    let told = |error: std::io::Error| disk("read", &folder, &error);
    for entry in fs::read_dir(&folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let path = match inside {
            "" => name,
            inside => format!("{inside}/{name}"),
        };
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() && ignore.looks_into(&path) {
            walk(root, &path, ignore, found)?;
        } else if kind.is_file() && ignore.takes(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn no_sources(folder: &Path, error: &Error) -> Error {
    Error::Unfit(format!(
        "`{}` is no checkout of modelhost, which the Space is built from: {error}; name one with --sources",
        folder.display()
    ))
}

fn read(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|error| disk("read", file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_copies_only_what_is_there() {
        let items = [Item::of_bytes("manifests/a.yaml", Vec::new())];
        let dockerfile = "COPY . .\nCOPY --from=build /x /y\nCOPY --chown=1 manifests manifests\nCOPY --chown=1 model-card model-card\nRUN true\n";
        let expected =
            "COPY . .\nCOPY --from=build /x /y\nCOPY --chown=1 manifests manifests\nRUN true\n";
        assert_eq!(without_absent(dockerfile, &items), expected);
    }
}
