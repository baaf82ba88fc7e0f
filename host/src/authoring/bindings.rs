//! The C bindings of the contract, generated; the only file that names wit-bindgen.
//! Must not know how they are compiled.

use super::{Error, World};
use std::path::Path;
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// What the generated files, types and functions are called after.
pub(super) const PREFIX: &str = "modelhost";

/// Writes `modelhost.h`, `modelhost.c` and `modelhost_component_type.o` into `folder`.
pub(super) fn write(contract: &Path, world: World, folder: &Path) -> Result<(), Error> {
    let wrong = |reason: String| Error::Bindings { world, reason };
    let text = std::fs::read_to_string(contract).map_err(Error::io(contract))?;
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str(contract, &text)
        .map_err(|error| wrong(format!("{error:#}")))?;
    let id = resolve
        .select_world(&[package], Some(world.name()))
        .map_err(|error| wrong(format!("{error:#}")))?;
    let options = Opts {
        // The names in a plugin's source are then the same in every world.
        rename_world: Some(PREFIX.to_owned()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options
        .build()
        .generate(&mut resolve, id, &mut files)
        .map_err(|error| wrong(format!("{error:#}")))?;
    for (name, bytes) in files.iter() {
        let file = folder.join(name);
        std::fs::write(&file, bytes).map_err(Error::io(&file))?;
    }
    Ok(())
}
