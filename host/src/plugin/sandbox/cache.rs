//! The cache of compiled plugins: a folder of this user's own, whose files this host wrote and checks before it maps them.
//! Must not know how code is made; what cannot be read or written is a miss, and is logged.

#![allow(
    unsafe_code,
    reason = "compiled code is loaded as it is: one of the design's two exceptions"
)]

use super::key::Key;
use crate::plugin::Description;
use crate::plugin::contract::Stages;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Beyond this the code that was not used for longest goes.
const MAX_BYTES: u64 = 1 << 30;

/// What is known of a frozen plugin beside its code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) stages: Stages,
    pub(super) description: Description,
}

/// As it is written beside the code.
#[derive(Serialize, Deserialize)]
struct Written {
    /// Of the code.
    sha256: String,
    #[serde(flatten)]
    record: Record,
}

/// A folder that nobody else may write.
pub(super) struct Cache(PathBuf);

impl Cache {
    /// The cache in `folder`, which is made where it is missing. `None`, with the reason in the log, if it cannot be used.
    pub(super) fn open(folder: &Path) -> Option<Cache> {
        match own(folder) {
            Ok(()) => Some(Cache(folder.to_owned())),
            Err(reason) => {
                tracing::warn!(
                    folder = %folder.display(),
                    reason = %reason,
                    "compiled plugins are not kept"
                );
                None
            }
        }
    }

    /// The code and the record of `key`, if both are here and whole.
    pub(super) fn find(&self, key: &Key, engine: &Engine) -> Option<(Component, Record)> {
        match self.read(key, engine) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(file = %self.code(key).display(), reason = %error, "compiled code is not used");
                None
            }
        }
    }

    /// Keeps the code of `key`.
    pub(super) fn keep(&self, key: &Key, component: &Component, record: &Record) {
        if let Err(error) = self.write(key, component, record) {
            // A read-only image is no accident, and serves as well.
            tracing::info!(folder = %self.0.display(), reason = %error, "compiled code is not kept");
        }
    }

    fn code(&self, key: &Key) -> PathBuf {
        self.0.join(key.as_str()).with_extension("cwasm")
    }

    fn record(&self, key: &Key) -> PathBuf {
        self.0.join(key.as_str()).with_extension("json")
    }

    fn read(&self, key: &Key, engine: &Engine) -> io::Result<(Component, Record)> {
        let written: Written = serde_json::from_slice(&fs::read(self.record(key))?)?;
        let mut file = File::open(self.code(key))?;
        let mut digest = Sha256::new();
        let mut chunk = vec![0; 1 << 20];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => digest.update(&chunk[..read]),
            }
        }
        if crate::hex(&digest.finalize()) != written.sha256 {
            return Err(io::Error::other("its digest is not the one that was noted"));
        }
        // The file that was hashed, whatever its name has come to mean.
        let hashed = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: this host wrote the file: it lies in a folder that only this user may write, and the open file
        // hashes to what was noted when it was written. wasmtime checks version and settings.
        let component = unsafe { Component::deserialize_file(engine, hashed) }
            .map_err(|error| io::Error::other(format!("{error:#}")))?;
        // For `prune`: used now. In a read-only image there is nothing to prune.
        if let Ok(record) = File::options().write(true).open(self.record(key)) {
            record.set_modified(SystemTime::now()).ok();
        }
        Ok((component, written.record))
    }

    fn write(&self, key: &Key, component: &Component, record: &Record) -> io::Result<()> {
        let code = component
            .serialize()
            .map_err(|error| io::Error::other(format!("{error:#}")))?;
        let written = Written {
            sha256: crate::hex(&Sha256::digest(&code)),
            record: record.clone(),
        };
        self.replace(&self.code(key), &code)?;
        // The record comes last: what it names is there.
        self.replace(&self.record(key), &serde_json::to_vec(&written)?)?;
        self.prune()
    }

    /// Whole or not at all.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = path.with_extension(format!("{}.new", std::process::id()));
        let write = || {
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(&unfinished)?;
            file.set_permissions(Permissions::from_mode(0o600))?;
            file.write_all(bytes)?;
            fs::rename(&unfinished, path)
        };
        write().inspect_err(|_| {
            fs::remove_file(&unfinished).ok();
        })
    }

    /// Removes what was not used for longest, down to the bound.
    fn prune(&self) -> io::Result<()> {
        let mut records = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let code = path.with_extension("cwasm");
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
                && let (Ok(record), Ok(code_size)) = (fs::metadata(&path), fs::metadata(&code))
            {
                total += code_size.len();
                records.push((record.modified()?, code_size.len(), path, code));
            }
        }
        records.sort();
        for (_, bytes, record, code) in records {
            if total <= MAX_BYTES {
                break;
            }
            fs::remove_file(record)?;
            fs::remove_file(code)?;
            total -= bytes;
        }
        Ok(())
    }
}

/// Makes the folder where it is missing; refuses one that others may write.
fn own(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    // Not through a link: what it points to can be changed behind it.
    let metadata = fs::symlink_metadata(folder)?;
    let user = rustix::process::geteuid().as_raw();
    if !metadata.is_dir() {
        return Err(io::Error::other("it is not a folder"));
    }
    if metadata.uid() != user {
        return Err(io::Error::other(format!(
            "it belongs to user {}, not to {user}",
            metadata.uid()
        )));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other(format!(
            "others may write it (mode {:o}); make it 700",
            metadata.mode() & 0o777
        )));
    }
    Ok(())
}
