//! The page's modules keep to the few forms that the server can join into one script, and none imports itself by a detour.
//! Reads source text; knows no behaviour.

use crate::server::root;
use std::collections::BTreeMap;

/// Each module's name with its source.
fn modules() -> BTreeMap<String, String> {
    let folder = root().join("host/src/http/ui");
    let files = std::fs::read_dir(folder).expect("the page is there");
    let files = files.map(|file| file.expect("it can be read").path());
    let scripts = files.filter(|file| file.extension().is_some_and(|it| it == "js"));
    let named = scripts.map(|file| {
        let name = file.file_name().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&file).expect("it is text");
        (name.into_owned(), text)
    });
    named.collect()
}

/// The module that a line imports, now and not later.
fn imported(line: &str) -> Option<&str> {
    let (what, from) = line.strip_prefix("import ")?.split_once(" from \"./")?;
    let is_whole = what.starts_with("* as ") || (what.starts_with("{ ") && what.ends_with(" }"));
    is_whole.then(|| from.strip_suffix("\";"))?
}

#[test]
fn imports_and_exports_have_the_forms_that_are_joined() {
    const EXPORTS: [&str; 4] = ["function ", "async function ", "class ", "const "];
    let modules = modules();
    assert!(modules.len() > 50);
    for (name, text) in &modules {
        for line in text.lines() {
            if line.starts_with("import ") {
                let found = imported(line).filter(|name| modules.contains_key(*name));
                assert!(found.is_some(), "{name}: {line}");
            }
            if let Some(what) = line.strip_prefix("export") {
                let is_named = EXPORTS
                    .iter()
                    .any(|kind| what.trim_start().starts_with(kind));
                assert!(is_named, "{name}: {line}");
                let is_destructured = what.contains("const {") || what.contains("const [");
                assert!(!is_destructured, "{name}: {line}");
            }
        }
    }
}

/// A module that is imported while it runs would give what it has not made yet.
#[test]
fn no_module_imports_itself_by_a_detour() {
    let modules = modules();
    let mut left: BTreeMap<&str, Vec<&str>> = modules
        .iter()
        .map(|(name, text)| (name.as_str(), text.lines().filter_map(imported).collect()))
        .collect();
    // Those that import nothing that is left are taken out, round by round; a circle stays.
    loop {
        let free: Vec<&str> = left
            .iter()
            .filter(|(_, needs)| needs.iter().all(|one| !left.contains_key(one)))
            .map(|(name, _)| *name)
            .collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            left.remove(name);
        }
    }
    assert!(left.is_empty(), "{:?}", left.keys());
}

/// Small enough to be read in one go.
#[test]
fn every_module_is_short_and_says_what_it_is() {
    for (name, text) in modules() {
        let lines = text.lines().count();
        assert!(lines < 200, "{name} has {lines} lines");
        let head: Vec<&str> = text.lines().take(2).collect();
        assert!(
            head.iter().all(|line| line.starts_with("// ")),
            "{name}: {head:?}"
        );
    }
}
