//! Claims about manifests: what is accepted, what every mistake reads like, and that the reference names every field.
//! Must not know how a manifest is parsed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod reference;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use modelhost::manifest::schema::{self, Block, Otherwise};
use modelhost::manifest::{
    Digest, Error, Expect, Manifest, PluginSource, Repo, Source, Task, check_together,
    default_index, read_all, yaml_to_json,
};
use serde_json::json;

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/manifests")
        .join(folder)
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(data(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|file| file.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    files
}

/// Parses a file under its bare name, so that messages and paths are the same on every machine.
fn parse(file: &Path) -> Result<Manifest, Error> {
    Manifest::parse(
        Path::new(file.file_name().unwrap()),
        &fs::read(file).unwrap(),
    )
}

fn good(name: &str) -> Manifest {
    parse(&data("good").join(name)).unwrap()
}

fn parse_text(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(Path::new("x.yaml"), text.as_bytes())
}

/// Every mistake has its exact message in a file beside it; `BLESS=1` writes those files.
#[test]
fn every_bad_manifest_is_refused_in_the_words_beside_it() {
    let bless = std::env::vars().any(|(name, value)| name == "BLESS" && value == "1");
    let files = yaml_files("bad");
    assert!(files.len() >= 30, "only {} bad manifests", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let message = match parse(&file) {
            Ok(_) => "accepted\n".to_owned(),
            Err(error) => format!("{error}\n"),
        };
        let beside = file.with_extension("err");
        if bless {
            fs::write(&beside, &message).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if message != expected || message == "accepted\n" {
            wrong.push(format!(
                "{}\n--- expected\n{expected}--- found\n{message}",
                file.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_good_manifest_is_accepted() {
    for file in yaml_files("good") {
        parse(&file).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn four_lines_serve_a_model_and_every_default_is_that_of_the_schema() {
    let manifest = good("four-lines.yaml");
    assert_eq!(manifest.name, "tiny");
    assert_eq!(manifest.title, "tiny");
    assert_eq!(manifest.model.source, Source::Local("../model-card".into()));
    assert_eq!(manifest.model.file, "model.onnx");
    assert_eq!(manifest.model.sha256, None);
    assert!(!manifest.default);
    assert!(
        manifest.preprocess.is_none() && manifest.postprocess.is_none() && manifest.input.is_none()
    );
    assert!(
        manifest.examples.is_empty() && manifest.task.is_none() && manifest.description.is_none()
    );
    let limits = manifest.limits;
    let default = |block: &'static Block, name: &str| match block.field(name).unwrap().otherwise {
        Otherwise::Whole(number) => number,
        _ => panic!("{name} has no default number"),
    };
    assert_eq!(
        limits.deadline,
        Duration::from_millis(default(&schema::LIMITS, "deadline_ms"))
    );
    assert_eq!(limits.queue as u64, default(&schema::LIMITS, "queue"));
    assert_eq!(limits.body_bytes, default(&schema::LIMITS, "body_bytes"));
    assert_eq!(
        limits.plugin.memory_bytes,
        default(&schema::PLUGIN_LIMITS, "memory_mib") << 20
    );
    assert_eq!(
        limits.plugin.deadline,
        Duration::from_millis(default(&schema::PLUGIN_LIMITS, "deadline_ms"))
    );
    assert_eq!(
        (limits.deadline, limits.queue, limits.body_bytes),
        (Duration::from_secs(10), 256, 2_097_152)
    );
}

#[test]
fn every_field_arrives_with_its_meaning() {
    let manifest = good("every-field.yaml");
    let digest: Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        .parse()
        .unwrap();
    assert_eq!(manifest.file, Path::new("every-field.yaml"));
    assert_eq!(manifest.title, "Retail demand forecast");
    assert_eq!(
        manifest.description.as_deref(),
        Some("Seven days of demand for one of 154 categories.\n")
    );
    assert_eq!(
        manifest.task.as_ref().map(Task::as_str),
        Some("time-series-forecasting")
    );
    assert!(manifest.default);
    let repo = Repo {
        owner: "acme".into(),
        name: "retail-demand".into(),
    };
    assert_eq!(
        manifest.model.source,
        Source::Hub {
            repo,
            revision: "v1.0".into()
        }
    );
    assert_eq!(manifest.model.file, "onnx/model.onnx");
    assert_eq!(manifest.model.sha256, Some(digest.clone()));
    let preprocess = manifest.preprocess.unwrap();
    assert_eq!(
        preprocess.from,
        PluginSource::Bundled("window-series".into())
    );
    assert_eq!(preprocess.sha256, Some(digest));
    assert_eq!(
        preprocess.config,
        json!({"context": 84, "horizon": 7, "scale": {"by": "mean", "floor": 1.0}, "covariates": ["display", "mailer"], "yes": "no"})
    );
    let repo = Repo {
        owner: "acme".into(),
        name: "plugins".into(),
    };
    let hub = PluginSource::Hub {
        repo,
        revision: "refs/pr/7".into(),
        file: "wasm/forecast.wasm".into(),
    };
    assert_eq!(manifest.postprocess.unwrap().from, hub);
    assert_eq!(
        manifest.input,
        Some(json!({"type": "object", "properties": {"inputs": {"title": "Sales"}}}))
    );
    let coffee = &manifest.examples[0];
    assert_eq!(coffee.name, "Coffee");
    assert_eq!(
        coffee.request,
        json!({"inputs": {"series": [1, 2.5, null, -3], "start": "2017-10-25", "item": "COFFEE"}})
    );
    assert_eq!(coffee.actual, Some(vec![1.0, 2.5, 1000.0]));
    assert_eq!(
        coffee.expect,
        Some(Expect {
            value: json!([{"mean": [1, 2]}]),
            tolerance: 0.5
        })
    );
    assert_eq!(
        manifest.examples[1].expect,
        Some(Expect {
            value: json!(null),
            tolerance: 1e-3
        })
    );
    assert_eq!(manifest.limits.queue, 16);
    assert_eq!(manifest.limits.plugin.memory_bytes, 2 << 30);
}

#[test]
fn paths_start_at_the_manifests_own_folder() {
    let text = b"name: a\nmodel: { path: ../model-card }\npreprocess: { plugin: ./mine.wasm }\n";
    let manifest = Manifest::parse(Path::new("/srv/manifests/a.yaml"), text).unwrap();
    assert_eq!(
        manifest.model.source,
        Source::Local("/srv/manifests/../model-card".into())
    );
    assert_eq!(
        manifest.preprocess.unwrap().from,
        PluginSource::File("/srv/manifests/./mine.wasm".into())
    );
    let manifest = good("plugin-files.yaml");
    assert_eq!(manifest.model.source, Source::Local("/mnt/models".into()));
    assert_eq!(
        manifest.postprocess.unwrap().from,
        PluginSource::File("mine.wasm".into())
    );
}

#[test]
fn an_alias_stands_for_what_its_anchor_holds() {
    let manifest = good("aliases.yaml");
    let config = manifest.postprocess.unwrap().config;
    assert_eq!(
        config,
        json!({"quantiles": [0.1, 0.5], "all": {"levels": [0.1, 0.5]}})
    );
}

#[test]
fn a_file_above_one_mebibyte_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.yaml");
    fs::write(&file, "# filler\n".repeat(10 * (1 << 20) / 9)).unwrap();
    let message = Manifest::read(&file).unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "{}: is larger than 1048576 bytes (1 MiB), the most a manifest may have",
            file.display()
        )
    );
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gone.yaml");
    let expected = format!(
        "{}: cannot be read: No such file or directory (os error 2)",
        file.display()
    );
    assert_eq!(Manifest::read(&file).unwrap_err().to_string(), expected);
    assert_eq!(read_all(&file).unwrap_err().to_string(), expected);
    let message = Manifest::read(folder.path()).unwrap_err().to_string();
    assert!(
        message.contains("cannot be read: Is a directory"),
        "{message}"
    );
}

#[test]
fn a_folder_is_read_sorted_and_a_bad_manifest_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let error = read_all(folder.path()).unwrap_err();
    assert!(matches!(error, Error::NoManifest { .. }), "{error}");
    fs::create_dir(folder.path().join("inner.yaml")).unwrap();
    for (name, text) in [
        ("b.yml", "name: b\nmodel: { path: . }\n"),
        ("a.yaml", "name: a\nmodel: { path: . }\n"),
        ("c.yaml", "name: C\n"),
        (".hidden.yaml", ""),
        ("README.md", "no manifest"),
        ("d.yaml.bak", ""),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let all = read_all(folder.path()).unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|one| one.as_ref().map_or("refused", |one| &one.name))
        .collect();
    assert_eq!(names, ["a", "b", "refused"]);
    assert_eq!(read_all(&folder.path().join("b.yml")).unwrap().len(), 1);
}

#[test]
fn manifests_side_by_side_differ_in_name_and_share_one_default() {
    let one = |file: &str, name: &str, default: bool| {
        let text = format!("name: {name}\ndefault: {default}\nmodel: {{ path: . }}\n");
        Manifest::parse(Path::new(file), text.as_bytes()).unwrap()
    };
    let fine = [one("a.yaml", "a", false), one("b.yaml", "b", true)];
    check_together(&fine).unwrap();
    assert_eq!(default_index(&fine), Some(1));
    assert_eq!(default_index(&fine[..1]), Some(0));
    assert_eq!(
        default_index(&[one("a.yaml", "a", false), one("b.yaml", "b", false)]),
        None
    );
    assert_eq!(default_index(&[]), None);
    let clashing = [
        one("a.yaml", "a", true),
        one("b.yaml", "a", true),
        one("c.yaml", "c", true),
    ];
    assert_eq!(
        check_together(&clashing).unwrap_err().to_string(),
        "b.yaml: name: `a` is taken by a.yaml; every model needs a name of its own\n\
         b.yaml: default: a.yaml is the default already; one at most\n\
         c.yaml: default: a.yaml is the default already; one at most"
    );
}

#[test]
fn every_task_of_the_hub_is_accepted() {
    for task in Task::all() {
        let text = format!("name: a\ntask: {task}\nmodel: {{ path: . }}\n");
        assert_eq!(parse_text(&text).unwrap().task, Some(task));
    }
    assert!(Task::all().count() > 50);
}

#[test]
fn a_digest_of_bytes_reads_as_it_is_written() {
    let digest = Digest::from_bytes(&[0xab; 32]);
    assert_eq!(digest.as_str(), "ab".repeat(32));
    assert_eq!(digest.as_str().parse::<Digest>().unwrap(), digest);
}

#[test]
fn any_yaml_that_json_can_say_becomes_json() {
    let front = "license: apache-2.0\ntags: [onnx, 1]\nmetrics:\n  - value: 0.28\n";
    let expected =
        json!({"license": "apache-2.0", "tags": ["onnx", 1], "metrics": [{"value": 0.28}]});
    assert_eq!(yaml_to_json(front), Some(expected));
    for unsayable in ["", "a: .nan", "1: a", "a: 1\na: 2", "a: [", "a: !b c"] {
        assert_eq!(yaml_to_json(unsayable), None, "{unsayable}");
    }
}
