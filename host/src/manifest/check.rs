//! From what was written to what it means, or to everything that is wrong with it.
//! Must not know YAML or how messages are laid out; it reads through `fields` and touches no file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::error::{Error, Problem};
use super::fields::Fields;
use super::form;
use super::position::FaultKind;
use super::problems::Problems;
use super::read::MAX_BYTES;
use super::schema;
use super::value::{BadValue, Digest, Repo};
use super::words::quoted;
use super::yaml::{self, Value};
use super::{
    Batching, Cache, Example, Expect, Limits, Manifest, Model, Plugin, PluginLimits, PluginSource,
    Reference, Rollout, Source, Task, Wasi,
};

/// Checks `text` as the content of `file`.
pub(super) fn parse(file: &Path, text: &[u8]) -> Result<Manifest, Error> {
    let owned = || file.to_owned();
    if text.len() > MAX_BYTES {
        return Err(Error::TooLarge { file: owned() });
    }
    let text = std::str::from_utf8(text).map_err(|error| Error::NotUtf8 {
        file: owned(),
        offset: error.valid_up_to(),
    })?;
    let root = yaml::read(text).map_err(|fault| {
        let (line, column, message) = (fault.at.line, fault.at.column, fault.message);
        match fault.kind {
            FaultKind::Syntax => Error::Syntax {
                file: owned(),
                line,
                column,
                message,
            },
            FaultKind::Refused => {
                let problem = Problem {
                    path: String::new(),
                    line,
                    column,
                    message,
                };
                Error::Invalid {
                    file: owned(),
                    problems: vec![problem],
                }
            }
        }
    })?;
    let Some(root) = root else {
        return Err(Error::Empty { file: owned() });
    };
    let problems = Problems::default();
    let manifest = Fields::open(&schema::MANIFEST, &root, "", &problems)
        .and_then(|fields| manifest(file, &fields));
    match (manifest, problems.into_sorted()) {
        (Some(manifest), problems) if problems.is_empty() => Ok(manifest),
        (_, problems) => Err(Error::Invalid {
            file: owned(),
            problems,
        }),
    }
}

// In this function and those below it `None` means that a problem has been noted;
// every part is read before the first `?`, so that one misfit hides no other.

fn manifest(file: &Path, fields: &Fields<'_>) -> Option<Manifest> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = fields.text("name", form::name);
    let title = fields.text("title", form::line);
    let description = fields.text("description", form::text);
    let task = fields.text("task", str::parse::<Task>);
    let default = fields.flag("default");
    let model = fields
        .block("model")
        .and_then(|model| self::model(folder, &model));
    let preprocess = fields
        .block("preprocess")
        .and_then(|step| plugin(folder, &step));
    let postprocess = fields
        .block("postprocess")
        .and_then(|step| plugin(folder, &step));
    let input = fields.mapping("input");
    let examples = examples(fields);
    let batching = batching(&fields.block_or_defaults("batching"));
    let cache = Cache {
        ttl: Duration::from_secs(fields.block_or_defaults("cache").whole("ttl_s")),
    };
    let limits = limits(&fields.block_or_defaults("limits"));
    let rollout = fields.block("rollout").and_then(|block| rollout(&block));
    let name = name?;
    Some(Manifest {
        file: file.to_owned(),
        title: title.unwrap_or_else(|| name.clone()),
        name,
        description,
        task,
        default,
        model: model?,
        preprocess,
        postprocess,
        input,
        examples,
        batching,
        cache,
        limits,
        rollout,
    })
}

fn model(folder: &Path, fields: &Fields<'_>) -> Option<Model> {
    let path = fields.text("path", form::folder);
    let repo = fields.text("repo", str::parse::<Repo>);
    let revision = fields.text_or_default("revision", form::revision);
    let file = fields.text_or_default("file", form::file);
    let sha256 = fields.text("sha256", str::parse::<Digest>);
    let refresh = fields.whole_if_written("refresh_s");
    let reference = reference(fields);
    if fields.node("refresh_s").is_some() {
        if fields.node("repo").is_none() {
            let message = "only goes with `repo`; the files of a folder are watched";
            fields.problem("refresh_s", message);
        } else if revision.as_deref().is_some_and(form::is_commit) {
            let message = "goes with a branch or a tag; the commit in `revision` never moves";
            fields.problem("refresh_s", message);
        }
    }
    let source = match (fields.key_at("path"), fields.key_at("repo")) {
        (Some(_), Some(_)) => {
            fields.problem(
                "repo",
                "stands beside `path`; keep the one that holds the model",
            );
            None
        }
        (None, None) => {
            fields.problem(
                "path",
                "is missing, and so is `repo`; say with one of them where the model is",
            );
            None
        }
        (Some(_), None) => {
            if fields.node("revision").is_some() {
                fields.problem(
                    "revision",
                    "only goes with `repo`; a folder has no revisions",
                );
            }
            path.map(|path| Source::Local(folder.join(path)))
        }
        (None, Some(_)) => {
            repo.and_then(|repo| revision.map(|revision| Source::Hub { repo, revision }))
        }
    };
    Some(Model {
        source: source?,
        file: file?,
        sha256,
        refresh: refresh.map(Duration::from_secs),
        reference,
    })
}

fn reference(fields: &Fields<'_>) -> Option<Reference> {
    let file = fields.text("reference", form::file);
    let tolerance = fields.number("reference_tolerance");
    if fields.node("reference").is_none() && fields.node("reference_tolerance").is_some() {
        let message = "only goes with `reference`, which names the file to agree with";
        fields.problem("reference_tolerance", message);
    }
    Some(Reference {
        file: file?,
        tolerance,
    })
}

fn plugin(folder: &Path, fields: &Fields<'_>) -> Option<Plugin> {
    let from = match fields.node("plugin").map(|node| &node.value) {
        Some(Value::Map(_)) => fields.block("plugin").and_then(|hub| {
            let repo = hub.text("repo", str::parse::<Repo>);
            let revision = hub.text_or_default("revision", form::revision);
            let file = hub.text_or_default("file", form::file);
            Some(PluginSource::Hub {
                repo: repo?,
                revision: revision?,
                file: file?,
            })
        }),
        _ => fields.text("plugin", |text| plugin_named(folder, text)),
    };
    let sha256 = fields.text("sha256", str::parse::<Digest>);
    let config = match fields.node("config") {
        None => Some(serde_json::Value::Object(serde_json::Map::new())),
        Some(_) => fields.mapping("config"),
    };
    let assets = fields.texts("assets", form::file);
    let wasi = fields.text("wasi", |text| match text {
        "inert" => Ok(Wasi::Inert),
        other => Err(BadValue(format!(
            "{} cannot be granted; `inert` can: every function is there, and none does anything",
            quoted(other)
        ))),
    });
    Some(Plugin {
        from: from?,
        sha256,
        config: config?,
        assets,
        wasi: wasi.unwrap_or_default(),
    })
}

fn plugin_named(folder: &Path, text: &str) -> Result<PluginSource, BadValue> {
    if text.contains('/') || text.ends_with(".wasm") {
        return form::path(text).map(|path| PluginSource::File(folder.join(path)));
    }
    form::name(text).map(PluginSource::Bundled).map_err(|_| {
        BadValue(format!(
            "{} is neither the name of a bundled plugin nor a file; a file has a `/` in it or ends in `.wasm`",
            quoted(text)
        ))
    })
}

fn examples(fields: &Fields<'_>) -> Vec<Example> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut examples = Vec::new();
    for fields in fields.blocks("examples") {
        let name = fields.text("name", form::line);
        let request = fields.mapping("request");
        let actual = fields.numbers("actual");
        let expect = fields.block("expect").and_then(|expect| {
            let tolerance = expect.number("tolerance");
            expect.any("value").map(|value| Expect { value, tolerance })
        });
        if let Some(name) = &name {
            match seen.get(name) {
                Some(line) => fields.problem(
                    "name",
                    &format!("another example is called so, on line {line}"),
                ),
                None => {
                    seen.insert(
                        name.clone(),
                        fields.node("name").map_or(fields.at, |node| node.at).line,
                    );
                }
            }
        }
        if let (Some(name), Some(request)) = (name, request) {
            examples.push(Example {
                name,
                request,
                actual,
                expect,
            });
        }
    }
    examples
}

fn batching(fields: &Fields<'_>) -> Batching {
    Batching {
        most_rows: usize::try_from(fields.whole("max_size")).unwrap_or(usize::MAX),
        wait: Duration::from_micros(fields.whole("max_wait_us")),
    }
}

fn limits(fields: &Fields<'_>) -> Limits {
    let plugin = fields.block_or_defaults("plugin");
    Limits {
        deadline: Duration::from_millis(fields.whole("deadline_ms")),
        queue: usize::try_from(fields.whole("queue")).unwrap_or(usize::MAX),
        body_bytes: fields.whole("body_bytes"),
        plugin: PluginLimits {
            memory_bytes: plugin.whole("memory_mib") << 20,
            deadline: Duration::from_millis(plugin.whole("deadline_ms")),
        },
    }
}

fn rollout(fields: &Fields<'_>) -> Option<Rollout> {
    let is_shadow = fields.flag("shadow");
    let percent = fields.whole_if_written("canary_percent");
    let lasts = Duration::from_secs(fields.whole("for_s"));
    let max_error_rate = fields.number("max_error_rate");
    if max_error_rate > 1.0 {
        let message = "is a share of the answers; 0 to 1 are allowed, as in `0.01`";
        fields.problem("max_error_rate", message);
    }
    let is_canary = fields.node("canary_percent").is_some();
    match (percent, is_shadow) {
        (None, false) if is_canary => None,
        (Some(percent), false) => Some(Rollout::Canary {
            percent: u8::try_from(percent).unwrap_or(99),
            lasts,
            max_error_rate,
        }),
        (None, true) => {
            for name in ["for_s", "max_error_rate"] {
                if fields.node(name).is_some() {
                    let message =
                        "only goes with `canary_percent`; a shadow is promoted by an operator";
                    fields.problem(name, message);
                }
            }
            Some(Rollout::Shadow)
        }
        (Some(_), true) => {
            let message =
                "stands beside `canary_percent`; a shadow answers nobody, keep one of them";
            fields.problem("shadow", message);
            None
        }
        (None, false) => {
            let message =
                "is missing, and so is `shadow: true`; say with one of them how to roll out";
            fields.problem("canary_percent", message);
            None
        }
    }
}
