//! C: bindings are generated, and clang makes a core module of them and the plugin.
//! Must not know what the plugin does.

use crate::authoring::{Build, Error, Language, bindings, project, tool, wit};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const INSTALL: &str = "clang and lld with WASI's C library (Debian: `apt-get install clang lld wasi-libc libclang-rt-dev-wasm32`)";

/// Debian's names of the versions that were tried or are likely, the plain one first.
const CLANGS: [&str; 10] = [
    "clang", "clang-22", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16",
    "clang-15", "clang-14",
];

const COMPILE: [&str; 3] = ["--target=wasm32-wasi", "-O2", "-c"];

/// No program, and a stack below the data, so that too deep a recursion ends in a trap and not in the data.
const LINK: [&str; 6] = [
    "--target=wasm32-wasi",
    "-nostartfiles",
    "-Wl,--no-entry",
    "-Wl,--stack-first",
    "-Wl,-z,stack-size=1048576",
    "-Wl,--strip-debug",
];

pub(super) fn build(folder: &Path, scratch: &Path, build: &Build) -> Result<PathBuf, Error> {
    if build.wasi {
        let language = Language::C;
        return Err(Error::NoWasi { language });
    }
    let world = project::world(Language::C, folder, build)?;
    let contract = wit::folder(folder, scratch)?.join("plugin.wit");
    bindings::write(&contract, world, scratch)?;
    let clang = CLANGS.into_iter().find(|name| tool::is_there(name));
    let clang = || Command::new(clang.unwrap_or("clang"));

    let generated = scratch.join(format!("{}.c", bindings::PREFIX));
    let mut objects = vec![scratch.join(format!("{}_component_type.o", bindings::PREFIX))];
    let own = project::sources(folder, "c")?;
    for source in own.iter().chain([&generated]) {
        let name = source.file_stem().unwrap_or_default();
        let object = scratch.join(name).with_extension("o");
        let mut compile = clang();
        compile.args(COMPILE).arg("-I").arg(scratch);
        if *source != generated {
            compile.args(["-Wall", "-Wextra", "-Wno-unused-parameter"]);
        }
        compile.arg(source).arg("-o").arg(&object);
        tool::run(&mut compile, INSTALL)?;
        objects.push(object);
    }
    let made = scratch.join("plugin.wasm");
    let mut link = clang();
    link.args(LINK).args(&objects).arg("-lm");
    link.arg("-o").arg(&made);
    tool::run(&mut link, INSTALL)?;
    Ok(made)
}
