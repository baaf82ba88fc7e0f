//! The limits that a model needs where the defaults are too tight for it.
//! Must not know what a plugin does; the numbers are measured.

use super::facts::Facts;
use super::task::Family;
use std::fmt;

/// What a manifest says of limits; `None` is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) body_bytes: Option<u64>,
    pub(super) plugin_memory_mib: Option<u64>,
    pub(super) plugin_deadline_ms: Option<u64>,
    /// Why, for a comment.
    pub(super) from: String,
}

impl Limits {
    /// Says why, in place of what was said before.
    pub(super) fn because(&mut self, why: &str) {
        self.from = why.to_owned();
    }

    pub(super) fn are_defaults(&self) -> bool {
        self.body_bytes.is_none()
            && self.plugin_memory_mib.is_none()
            && self.plugin_deadline_ms.is_none()
    }
}

/// As a manifest writes them.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |fields: &[(&str, Option<u64>)]| -> Vec<String> {
            let written = fields
                .iter()
                .filter_map(|(name, value)| Some((name, (*value)?)));
            written
                .map(|(name, value)| format!("{name}: {value}"))
                .collect()
        };
        let plugin = named(&[
            ("memory_mib", self.plugin_memory_mib),
            ("deadline_ms", self.plugin_deadline_ms),
        ]);
        let mut fields = named(&[("body_bytes", self.body_bytes)]);
        if !plugin.is_empty() {
            fields.push(format!("plugin: {{ {} }}", plugin.join(", ")));
        }
        write!(f, "{{ {} }}", fields.join(", "))
    }
}

/// Memory that any plugin has.
pub(super) const MEMORY_MIB: u64 = 64;

/// What the family's plugins need for this model.
pub(super) fn of(facts: &Facts<'_>, family: Family) -> Limits {
    match family {
        // A photo of 12 megapixels is 4 MB, 6 as base64, and decoded in 0.3 s; a PNG or WebP of 8 takes 100 MB or 1.5 s.
        Family::ImageLabels | Family::ImageVectors => Limits {
            body_bytes: Some(16 << 20),
            plugin_memory_mib: Some(128),
            plugin_deadline_ms: Some(2000),
            from: "for photos of 12 megapixels".to_owned(),
        },
        Family::Embedding | Family::TextLabels | Family::TokenLabels => {
            let bytes = facts
                .tokenizer
                .as_ref()
                .map_or(0, |tokenizer| tokenizer.bytes);
            of_tokenizer(bytes as u64)
        }
        Family::Table => Limits::default(),
    }
}

/// Reading a tokenizer takes 4.3 times the size of its file, the texts come on top.
fn of_tokenizer(bytes: u64) -> Limits {
    let mib = (bytes * 6).div_ceil(1 << 20);
    if mib <= MEMORY_MIB {
        return Limits::default();
    }
    Limits {
        plugin_memory_mib: Some(mib.next_multiple_of(32)),
        from: format!("for a tokenizer.json of {} MB", bytes / 1_000_000),
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_tokenizer_gets_the_memory_that_it_takes() {
        assert!(of_tokenizer(466_247).are_defaults());
        assert!(of_tokenizer(9_000_000).are_defaults());
        let large = of_tokenizer(17_082_660);
        assert_eq!(large.plugin_memory_mib, Some(128));
        assert_eq!(large.from, "for a tokenizer.json of 17 MB");
    }
}
