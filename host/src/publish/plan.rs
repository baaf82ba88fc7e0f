//! What would be sent: each file held against what the repo has, by digest.
//! Must not know how anything is sent.

use std::fmt;

use super::Kind;
use super::folder::Item;
use crate::manifest::Repo;

/// A file that a repo has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct There {
    pub(super) path: String,
    /// Of a large file.
    pub(super) sha256: Option<String>,
    /// Of a small file; of a large one it is its pointer's.
    pub(super) oid: String,
}

impl There {
    /// Whether it has the bytes of `item`.
    pub(super) fn is(&self, item: &Item) -> bool {
        match &self.sha256 {
            Some(sha256) => *sha256 == item.sha256,
            None => self.oid == item.git_blob,
        }
    }
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The repo has none of this name.
    New,
    /// The repo's has other bytes.
    Changed,
    /// The repo has it.
    Unchanged,
}

/// One file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its path in the repo.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// What becomes of it.
    pub change: Change,
}

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where to.
    pub repo: Repo,
    /// What that is.
    pub kind: Kind,
    /// Whether it has to be made first.
    pub creates: bool,
    /// Every file.
    pub files: Vec<Planned>,
    /// Files of the repo that are none of ours, and stay.
    pub kept: usize,
}

impl Plan {
    /// Files and bytes to send.
    pub fn to_send(&self) -> (usize, u64) {
        let sent = self.files.iter().filter(|f| f.change != Change::Unchanged);
        sent.fold((0, 0), |(count, bytes), file| {
            (count + 1, bytes + file.bytes)
        })
    }
}

/// Holds `items` against `there`; `None` where there is no repo.
pub(super) fn plan(repo: &Repo, kind: Kind, items: &[Item], there: Option<&[There]>) -> Plan {
    let known = there.unwrap_or_default();
    let files = items.iter().map(|item| Planned {
        path: item.path.clone(),
        bytes: item.bytes,
        change: match known.iter().find(|there| there.path == item.path) {
            None => Change::New,
            Some(there) if there.is(item) => Change::Unchanged,
            Some(_) => Change::Changed,
        },
    });
    let is_ours = |there: &&There| items.iter().any(|item| item.path == there.path);
    Plan {
        repo: repo.clone(),
        kind,
        creates: there.is_none(),
        files: files.collect(),
        // The hub makes this one itself.
        kept: known
            .iter()
            .filter(|there| there.path != ".gitattributes" && !is_ours(there))
            .count(),
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.creates {
            true => "to be created",
            false => "there already",
        };
        writeln!(f, "{} `{}`, {state}", self.kind, self.repo)?;
        for file in &self.files {
            let change = match file.change {
                Change::New => "new",
                Change::Changed => "changed",
                Change::Unchanged => "unchanged",
            };
            writeln!(f, "  {change:<9}  {:>10}  {}", size(file.bytes), file.path)?;
        }
        let (count, bytes) = self.to_send();
        match count {
            0 => write!(f, "nothing to upload")?,
            1 => write!(f, "1 file to upload, {}", size(bytes))?,
            _ => write!(f, "{count} files to upload, {}", size(bytes))?,
        }
        match self.kept {
            0 => Ok(()),
            1 => write!(f, "; 1 other file of the repo stays"),
            kept => write!(f, "; {kept} other files of the repo stay"),
        }
    }
}

/// A size for people.
fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(path: &str, bytes: &[u8], is_large: bool) -> There {
        let item = Item::of_bytes(path, bytes.to_vec());
        There {
            path: item.path,
            sha256: is_large.then_some(item.sha256),
            oid: match is_large {
                true => "0".repeat(40),
                false => item.git_blob,
            },
        }
    }

    #[test]
    fn a_file_is_compared_by_the_digest_that_the_hub_has_of_it() {
        let repo: Repo = "acme/x".parse().expect("a repo");
        let items = ["a", "b", "c", "d"].map(|name| Item::of_bytes(name, name.into()));
        let known = [
            there("a", b"a", false),
            there("b", b"b", true),
            there("c", b"other", true),
            there("e", b"", false),
            there(".gitattributes", b"", false),
        ];
        let plan = plan(&repo, Kind::Model, &items, Some(&known));
        let changes: Vec<Change> = plan.files.iter().map(|file| file.change).collect();
        use Change::{Changed, New, Unchanged};
        assert_eq!(changes, [Unchanged, Unchanged, Changed, New]);
        assert_eq!((plan.to_send(), plan.kept), ((2, 2), 1));
        let text = plan.to_string();
        assert!(
            text.ends_with("2 files to upload, 2 B; 1 other file of the repo stays"),
            "{text}"
        );
    }

    #[test]
    fn sizes_are_short() {
        let shown = [999, 1000, 987_254, 999_960, 12_345_678_901].map(size);
        assert_eq!(shown, ["999 B", "1.0 kB", "987.3 kB", "1.0 MB", "12.3 GB"]);
    }
}
