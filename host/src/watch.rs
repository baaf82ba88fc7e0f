//! Tells that files may have changed. The only file that names `notify`.
//! Must not know what the files are, nor whether they did change: any event means "maybe".

use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// This long nothing must happen before anyone is told: editors and `kubectl` take several steps.
const QUIET: Duration = Duration::from_millis(200);
/// Longer than this nobody waits for quiet.
const LONGEST: Duration = Duration::from_secs(2);
/// Links that lead on from a path, at most, as the kernel has it.
const MOST_LINKS: usize = 40;

/// Watches the folders of some paths, and of what their links lead to.
pub struct Watch {
    watcher: Mutex<Option<Watched>>,
}

struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

/// Receives one `()` for any number of events, once things are quiet.
pub struct Maybe(mpsc::Receiver<()>);

impl Watch {
    /// A watch on nothing yet, and where it tells. Where the kernel gives no events it tells nothing; `why` is the reason then.
    pub fn new() -> (Watch, Maybe, Option<String>) {
        // One waiting word is as good as many.
        let (sender, receiver) = mpsc::channel(1);
        let told = move |event: notify::Result<notify::Event>| {
            let is_read = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !is_read {
                sender.try_send(()).ok();
            }
        };
        let (watched, why) = match RecommendedWatcher::new(told, Config::default()) {
            Ok(watcher) => {
                let folders = BTreeSet::new();
                (Some(Watched { watcher, folders }), None)
            }
            Err(error) => (None, Some(error.to_string())),
        };
        let watcher = Mutex::new(watched);
        (Watch { watcher }, Maybe(receiver), why)
    }

    /// Watches the folders that decide what is at `paths`, and no others.
    pub fn follow(&self, paths: &[PathBuf]) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watched) = watcher.as_mut() else {
            return;
        };
        let wanted: BTreeSet<PathBuf> = paths.iter().flat_map(|path| folders(path)).collect();
        for folder in watched.folders.difference(&wanted) {
            // A folder that is gone is watched no more already.
            watched.watcher.unwatch(folder).ok();
        }
        let mut folders = BTreeSet::new();
        for folder in wanted {
            // Again, even where it is watched: another folder may have come in its place.
            if watched.folders.contains(&folder) {
                watched.watcher.unwatch(&folder).ok();
            }
            match watched.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    folders.insert(folder);
                }
                Err(error) => {
                    tracing::debug!(folder = %folder.display(), %error, "a folder is not watched");
                }
            }
        }
        watched.folders = folders;
    }
}

impl Maybe {
    /// Waits until something may have changed and things are quiet again.
    pub async fn changed(&mut self) {
        if self.0.recv().await.is_none() {
            // Without a watcher there never is a change.
            return std::future::pending().await;
        }
        self.quiet().await;
    }

    /// Waits until nothing has happened for a moment: who reads a file in the midst of a change finds half of it.
    pub async fn quiet(&mut self) {
        let end = Instant::now() + LONGEST;
        while let Ok(Some(())) =
            tokio::time::timeout_at(end.min(Instant::now() + QUIET), self.0.recv()).await
        {}
    }
}

/// The folder of the path itself, of each link on the way, and the path where it is a folder.
fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![path.to_owned()];
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) || seen.len() > MOST_LINKS {
            continue;
        }
        // A link anywhere above decides as well: `..data` of a ConfigMap is one.
        for above in path
            .ancestors()
            .filter(|above| !above.as_os_str().is_empty())
        {
            if let Ok(target) = std::fs::read_link(above) {
                let parent = parent(above);
                folders.push(parent.clone());
                let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
                next.push(parent.join(target).join(rest));
            }
        }
        if path.is_dir() {
            folders.push(path.clone());
        }
        folders.push(parent(&path));
    }
    folders
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_folder_of_every_link_on_the_way_is_watched() {
        let volume = tempfile::tempdir().expect("a folder");
        let root = volume.path();
        std::fs::create_dir(root.join("..v1")).expect("a folder");
        std::fs::write(root.join("..v1/a.yaml"), "a").expect("a file");
        symlink("..v1", root.join("..data")).expect("a link");
        symlink("..data/a.yaml", root.join("a.yaml")).expect("a link");
        let folders = folders(&root.join("a.yaml"));
        for wanted in [root.to_owned(), root.join("..v1"), root.join("..data")] {
            assert!(folders.contains(&wanted), "{folders:?}");
        }
    }
}
