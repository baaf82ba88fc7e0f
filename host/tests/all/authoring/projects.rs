//! `modelhost plugin new` and `plugin build`: projects that build and run, and what is said where they do not.
//! The processor in each language is built by `plugins/examples/build` with these commands; here are the rest.

use super::{built, plugin, plugin_with, search_path, str};
use crate::server::root;
use std::path::Path;
use std::process::Command;

const LANGUAGES: [&str; 4] = ["rust", "python", "javascript", "c"];

fn new(folder: &Path, name: &str, language: &str, world: &str) -> super::Ended {
    let into = ["--into", str(folder)];
    plugin(
        &[
            &["new", name, "--lang", language, "--world", world],
            &into[..],
        ]
        .concat(),
    )
}

#[test]
fn new_writes_a_project_once_and_only_under_a_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for language in LANGUAGES {
        let said = new(folder.path(), language, language, "processor").good();
        assert!(said.contains("README.md"), "{said}");
        let project = folder.path().join(language);
        let readme = std::fs::read_to_string(project.join("README.md")).expect("a README");
        let said = format!("modelhost plugin test {language}.wasm --config config.json");
        assert!(readme.contains(&said), "{readme}");
        for file in [
            "wit/plugin.wit",
            "config.json",
            "request.json",
            "outputs.json",
            ".gitignore",
        ] {
            assert!(project.join(file).is_file(), "{language} has no {file}");
        }
        let again = new(folder.path(), language, language, "processor").wrong();
        assert!(again.contains("is there already"), "{again}");
    }
    for name in ["../up", "Upper", "a b", ""] {
        let error = new(folder.path(), name, "c", "processor").wrong();
        assert!(error.contains("no name for a plugin"), "{error}");
    }
}

/// The examples are what `new` wrote and `build` built.
#[test]
fn each_language_s_new_project_builds_and_loads() {
    for language in LANGUAGES {
        let text = plugin(&["inspect", str(&built(language))]).good();
        assert!(text.contains("world      processor"), "{text}");
    }
}

/// What somebody writes who has only read plugins/README.md: its blocks, each in a project of its language.
#[test]
fn the_plugins_of_the_readme_build_and_run() {
    let readme = root().join("plugins/README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let folder = tempfile::tempdir().expect("a folder");
    for (language, fence, source) in [
        ("python", "```python\n", "plugin.py"),
        ("javascript", "```js\n", "plugin.js"),
        ("rust", "```rust\n", "src/lib.rs"),
    ] {
        let mut blocks = readme.split(fence).skip(1);
        let mut block = || blocks.next().and_then(|rest| rest.split("```").next());
        let stage = block().expect("a preprocess stage");
        let other = block().unwrap_or_default();
        new(folder.path(), language, language, "processor").good();
        let project = folder.path().join(language);
        std::fs::write(project.join(source), [stage, other].concat()).expect("it can be written");
        // What cargo compiled for the example, and what npm installed, need not be made again.
        let ready = built(language).with_file_name("projects").join(language);
        for shared in ["target", "node_modules"] {
            if ready.join(shared).exists() {
                let link = project.join(shared);
                std::os::unix::fs::symlink(ready.join(shared), link).expect("a link");
            }
        }
        plugin_with(search_path(), &["build", str(&project)]).good();
        let wasm = project.join(language).with_extension("wasm");
        let mut arguments = vec!["test", str(&wasm), "--config", r#"{"factor": 0.5}"#];
        arguments.extend(["--request", r#"{"inputs": [1, 2, 3]}"#, "--outputs"]);
        arguments.extend([r#"{"y": [[1, 2]]}"#, "--deadline-ms", "20000"]);
        let said = plugin(&arguments).good();
        assert!(said.contains("x  f32 [1, 3]  0.5 1 1.5"), "{said}");
        let answer = said.replace(' ', "");
        assert!(other.is_empty() || answer.contains("{\"sum\":3"), "{said}");
    }
}

/// A project with one stage has nothing left of the other.
#[test]
fn a_project_has_the_stages_that_were_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    for (world, stage, other) in [
        ("preprocessor", "reprocess", "ostprocess"),
        ("postprocessor", "ostprocess", "reprocess"),
    ] {
        for (language, source) in [
            ("rust", "src/lib.rs"),
            ("python", "plugin.py"),
            ("javascript", "plugin.js"),
            ("c", "plugin.c"),
        ] {
            let name = format!("{language}-{world}");
            new(folder.path(), &name, language, world).good();
            let text = std::fs::read_to_string(folder.path().join(&name).join(source));
            let text = text.expect("a source");
            assert!(
                text.contains(stage) && !text.contains(other),
                "{name}:\n{text}"
            );
            assert!(!text.contains("[end]"), "{name}:\n{text}");
        }
        let python = folder.path().join(format!("python-{world}/plugin.py"));
        let compiled = Command::new("python3")
            .args(["-m", "py_compile"])
            .arg(&python)
            .status();
        assert!(compiled.expect("python runs").success());
        let javascript = folder.path().join(format!("javascript-{world}/plugin.js"));
        let checked = Command::new("node")
            .arg("--check")
            .arg(&javascript)
            .status();
        assert!(checked.expect("node runs").success());

        let project = folder.path().join(format!("c-{world}"));
        let said = plugin_with(search_path(), &["build", str(&project)]).good();
        assert!(said.contains(&format!("a {world} in C")), "{said}");
        let wasm = project.join(format!("c-{world}.wasm"));
        let text = plugin(&["inspect", str(&wasm)]).good();
        assert!(text.contains(&format!("world      {world}\n")), "{text}");
    }
}

/// Its packages are in its own folder, and nothing is activated.
#[test]
fn a_python_project_imports_what_its_environment_has() {
    let folder = tempfile::tempdir().expect("a folder");
    new(folder.path(), "packed", "python", "postprocessor").good();
    let project = folder.path().join("packed");
    let packages = project.join(".venv/lib/python3/site-packages");
    std::fs::create_dir_all(&packages).expect("it can be made");
    std::fs::write(packages.join("tiny.py"), "size = 1\n").expect("it can be written");
    let source = project.join("plugin.py");
    let text = std::fs::read_to_string(&source).expect("a source");
    std::fs::write(&source, format!("import tiny\n{text}")).expect("it can be written");
    let said = plugin_with(search_path(), &["build", str(&project)]).good();
    assert!(
        said.contains("a postprocessor in Python (postprocess)"),
        "{said}"
    );

    // A stage that is not all there is named while there is nothing that logs.
    std::fs::write(&source, text.replace("def run(", "def process(")).expect("it can be written");
    let ended = plugin_with(search_path(), &["build", str(&project)]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("abstract method 'run'"), "{ended:?}");
}

/// Nobody sees a terminal, so what C prints goes where a plugin's lines go.
#[test]
fn what_c_prints_is_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    new(folder.path(), "loud", "c", "preprocessor").good();
    let project = folder.path().join("loud");
    let source = project.join("plugin.c");
    let text = std::fs::read_to_string(&source).expect("a source");
    let loud = text.replace(
        "calls++;",
        r#"calls++; printf("%.1f\n", 1.5); assert(!"checked");"#,
    );
    std::fs::write(&source, format!("#include <assert.h>\n{loud}")).expect("it can be written");
    plugin_with(search_path(), &["build", str(&project)]).good();
    let ended = super::plugin_at(
        "info",
        &[
            "test",
            str(&project.join("loud.wasm")),
            "--config",
            str(&project.join("config.json")),
            "--request",
            str(&project.join("request.json")),
        ],
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for said in ["1.5", "Assertion failed", "the plugin crashed"] {
        assert!(ended.err.contains(said), "{ended:?}");
    }
}

#[test]
fn build_says_what_to_install() {
    let folder = tempfile::tempdir().expect("a folder");
    for (language, said) in [
        ("rust", "rustup target add wasm32-unknown-unknown"),
        ("python", "pip install componentize-py==0.25.1"),
        ("javascript", "npm ci"),
        ("c", "apt-get install clang lld wasi-libc"),
    ] {
        new(folder.path(), language, language, "processor").good();
        let project = folder.path().join(language);
        let error = plugin(&["build", str(&project)]).wrong();
        assert!(
            error.contains("is missing") && error.contains(said),
            "{error}"
        );
    }
    // Node is there and its package is not.
    let project = folder.path().join("javascript");
    let error = plugin_with(search_path(), &["build", str(&project)]).wrong();
    assert!(error.contains("componentize-js is missing"), "{error}");
}

#[test]
fn build_says_what_is_wrong_with_a_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let build = |path: &Path| plugin_with(search_path(), &["build", str(path)]);
    let error = build(folder.path()).wrong();
    assert!(
        error.contains("Cargo.toml, plugin.py, plugin.js, plugin.c"),
        "{error}"
    );
    let error = build(&folder.path().join("nothing")).code;
    assert_eq!(error, Some(1));

    new(folder.path(), "broken", "c", "processor").good();
    let source = folder.path().join("broken/plugin.c");
    let text = std::fs::read_to_string(&source).expect("a source");
    std::fs::write(
        &source,
        format!("{text}\nint f(void) {{ return nothing; }}\n"),
    )
    .expect("it can be written");
    let ended = build(&folder.path().join("broken"));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("undeclared identifier"), "{ended:?}");

    // What only an operating system has is named, whatever the linker makes of it.
    std::fs::write(&source, format!("#include <time.h>\n{text}\n__attribute__((export_name(\"now\"))) long now(void) {{ return time(NULL); }}\n")).expect("it can be written");
    let error = build(&folder.path().join("broken")).wrong();
    assert!(
        error.contains("imports wasi_snapshot_preview1.clock_time_get, and"),
        "{error}"
    );

    let misspelt = text.replace("plugin_preprocess_run(", "plugin_preproces_run(");
    std::fs::write(&source, misspelt).expect("it can be written");
    let error = build(&folder.path().join("broken")).wrong();
    assert!(
        error.contains("did you mean `plugin_preprocess_run(`"),
        "{error}"
    );
    std::fs::write(&source, "// Nothing yet.\n").expect("it can be written");
    let error = build(&folder.path().join("broken")).wrong();
    assert!(error.contains("has no stage"), "{error}");
    std::fs::write(folder.path().join("broken/plugin.py"), "").expect("it can be written");
    let error = build(&folder.path().join("broken")).wrong();
    assert!(error.contains("more than one"), "{error}");
}
