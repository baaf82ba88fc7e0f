//! Which names of files and revisions may become paths on disk.
//! Must not touch the disk.

use std::path::{Component, Path};

use super::Error;

/// Refuses a file name that could leave the folder it is looked up in.
pub(super) fn check_file(file: &str) -> Result<(), Error> {
    if stays_inside(file) {
        Ok(())
    } else {
        Err(Error::FileName {
            file: file.to_owned(),
        })
    }
}

/// Refuses a revision that could leave the cache's `refs/` folder.
pub(super) fn check_revision(revision: &str) -> Result<(), Error> {
    if stays_inside(revision) {
        Ok(())
    } else {
        Err(Error::RevisionName {
            revision: revision.to_owned(),
        })
    }
}

/// Whether `revision` names a commit, which never changes, and not a branch or tag, which may.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn stays_inside(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(['\\', '\0'])
        // `components` would forgive `a//b` and `a/./b`, which a hub would not.
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_inside_the_folder_are_accepted() {
        for good in ["model.onnx", "onnx/model.onnx", "a..b", "..."] {
            assert!(check_file(good).is_ok(), "{good}");
        }
        for bad in [
            "", ".", "..", "../x", "a/../x", "/x", "a//b", "a/", "a\\b", "./x", "a\0",
        ] {
            assert!(check_file(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_commit_is_forty_hex_digits() {
        assert!(is_commit(&"0a".repeat(20)));
        assert!(!is_commit("main"));
        assert!(!is_commit(&"0g".repeat(20)));
        assert!(!is_commit(&"0".repeat(64)));
    }
}
