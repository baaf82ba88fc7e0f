//! Values with a rule of their own: a digest and a Hub repo.
//! Must not know in which field they stand.

use std::fmt;
use std::str::FromStr;

use super::words::quoted;

/// Why a text is not a value of the type asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub String);

/// A sha256.
// Invariant: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// The digest that these bytes are.
    pub fn from_bytes(bytes: &[u8; 32]) -> Digest {
        Digest(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = BadValue;

    /// Takes digits of either case.
    fn from_str(text: &str) -> Result<Digest, BadValue> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Digest(text.to_ascii_lowercase()));
        }
        let why = match text.chars().find(|c| !c.is_ascii_hexdigit()) {
            _ if text.to_ascii_lowercase().starts_with("sha256:") => {
                "leave out `sha256:`".to_owned()
            }
            Some(wrong) => format!("{} is no such digit", quoted(&wrong.to_string())),
            None => format!("found {}", text.len()),
        };
        Err(BadValue(format!(
            "a sha256 has 64 hexadecimal digits; {why}"
        )))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repo on the Hub; displayed as `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repo {
    /// A user or an organisation.
    pub owner: String,
    /// The repo's own name.
    pub name: String,
}

impl FromStr for Repo {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Repo, BadValue> {
        let refuse = |why: &str| Err(BadValue(why.to_owned()));
        if text.contains("://") {
            return refuse("is an address; write `owner/name` alone");
        }
        let Some((owner, name)) = text.split_once('/') else {
            return refuse("expected `owner/name`, found no `/`");
        };
        for part in [owner, name] {
            if part.is_empty() || part.contains('/') {
                return refuse("expected `owner/name` with exactly one `/`");
            }
            if part.len() > 96 {
                return refuse("an owner or a name has at most 96 characters");
            }
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if let Some(wrong) = part.chars().find(|&c| !allowed(c)) {
                let wrong = quoted(&wrong.to_string());
                return refuse(&format!("{wrong} cannot stand in the name of a repo"));
            }
            if part.contains("--") || part.contains("..") {
                return refuse("`--` and `..` cannot stand in the name of a repo");
            }
            if part.starts_with(['-', '.']) || part.ends_with(['-', '.']) {
                return refuse("an owner or a name neither begins nor ends with `-` or `.`");
            }
        }
        Ok(Repo {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}
