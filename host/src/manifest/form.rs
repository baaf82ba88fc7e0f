//! The forms of text that stay text: names, paths, files, revisions.
//! Must not know in which field they stand, nor whether what they name exists.

use super::value::BadValue;
use super::words::quoted;

/// `a` to `z`, digits and inner hyphens, at most 63: a DNS label, so it fits a route, a metric and a container's name.
pub(super) fn name(text: &str) -> Result<String, BadValue> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let why = if text.is_empty() {
        "is empty".to_owned()
    } else if let Some(wrong) = text.chars().find(|&c| !allowed(c)) {
        format!("has {}", quoted(&wrong.to_string()))
    } else if text.len() > 63 {
        format!("has {} characters", text.len())
    } else if text.starts_with('-') || text.ends_with('-') {
        "begins or ends with `-`".to_owned()
    } else {
        return Ok(text.to_owned());
    };
    refuse(format!(
        "{} {why}; a name is made of `a` to `z`, digits and inner `-`, at most 63 in all",
        quoted(text)
    ))
}

/// Whether a revision is a commit: forty lower-case hex digits.
pub(super) fn is_commit(revision: &str) -> bool {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    revision.len() == 40 && revision.chars().all(is_hex)
}

/// Text that says something.
pub(super) fn text(text: &str) -> Result<String, BadValue> {
    if text.trim().is_empty() {
        return refuse("is empty; write something, or leave the field out".to_owned());
    }
    Ok(text.to_owned())
}

/// Text for a heading.
pub(super) fn line(line: &str) -> Result<String, BadValue> {
    if line.chars().any(char::is_control) {
        return refuse("must be one line, without control characters".to_owned());
    }
    text(line)
}

/// A path of this machine, absolute or from the manifest's folder.
pub(super) fn path(path: &str) -> Result<String, BadValue> {
    let quoted = quoted(path);
    if path.contains("://") {
        return refuse(format!(
            "{quoted} is an address; only files of this machine and, with `repo`, of the Hub are read"
        ));
    }
    if path.starts_with('~') {
        return refuse(format!("{quoted} is not expanded; write the path out"));
    }
    if path.chars().any(char::is_control) {
        return refuse(format!("{quoted} has a control character"));
    }
    text(path)
}

/// The path of a folder with a model in it.
pub(super) fn folder(folder: &str) -> Result<String, BadValue> {
    if folder.ends_with(".onnx") {
        let (folder, file) = folder.rsplit_once('/').unwrap_or((".", folder));
        let (folder, file) = (quoted(folder), quoted(file));
        return refuse(format!(
            "is the folder, not the file; write `path:` {folder} and `file:` {file}"
        ));
    }
    path(folder)
}

/// A file within a folder or a repo, which no spelling leads out of it.
pub(super) fn file(file: &str) -> Result<String, BadValue> {
    let quoted = quoted(file);
    let why = if file.is_empty() {
        "is empty"
    } else if file.starts_with('/') {
        "is absolute"
    } else if file.contains('\\') {
        "has a `\\`"
    } else if file.chars().any(char::is_control) {
        "has a control character"
    } else if file.len() > 1024 {
        "is longer than 1024 bytes"
    } else {
        match file
            .split('/')
            .find(|segment| matches!(*segment, "" | "." | ".."))
        {
            Some("..") => "leads out of the folder or repo by `..`",
            Some(".") => "has a segment `.`",
            Some(_) => "has an empty segment",
            None => return Ok(file.to_owned()),
        }
    };
    refuse(format!(
        "{quoted} {why}; a file is named from the top of its folder or repo, as in `onnx/model.onnx`"
    ))
}

/// A branch, a tag or a commit, by git's own rules for such names.
pub(super) fn revision(revision: &str) -> Result<String, BadValue> {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let quoted = quoted(revision);
    let why = if revision.is_empty() {
        "is empty".to_owned()
    } else if let Some(wrong) = revision.chars().find(|&c| forbidden(c)) {
        format!("has {}", super::words::quoted(&wrong.to_string()))
    } else if revision.len() > 255 {
        "is longer than 255 bytes".to_owned()
    } else if revision.contains("..") || revision.starts_with('-') {
        "has `..` in it or begins with `-`".to_owned()
    } else if revision
        .split('/')
        .any(|segment| segment.is_empty() || segment.starts_with('.'))
    {
        "has a segment that is empty or begins with `.`".to_owned()
    } else {
        return Ok(revision.to_owned());
    };
    refuse(format!(
        "{quoted} {why}; a revision is a branch, a tag or a commit, as in `main` or `v1.0`"
    ))
}

fn refuse<T>(why: String) -> Result<T, BadValue> {
    Err(BadValue(why))
}
