//! What to change in a draft that was loaded and did not work: another example, more memory, more time.
//! Must not know how a manifest is loaded.

use super::draft::Draft;
use super::limits::MEMORY_MIB;
use crate::pipeline;
use crate::plugin::{CallError, LoadError};
use crate::service;

/// The most that a manifest may grant a plugin.
const MOST_MEMORY_MIB: u64 = 2048;
const MOST_DEADLINE_MS: u64 = 60_000;
/// What a plugin has by default.
const DEADLINE_MS: u64 = 200;

/// A draft that may work where `draft` did not; `None` where nothing that a manifest says would help.
pub fn mend(mut draft: Draft, error: &service::Error) -> Option<Draft> {
    if let Some(fault) = fault(error) {
        return match fault {
            CallError::Memory(_) => draft.with_memory(),
            CallError::Deadline(_) => draft.with_time(),
            _ => None,
        };
    }
    let service::Error::Example { name, error } = error else {
        return None;
    };
    draft.examples.retain(|example| example.name != *name);
    match draft.spare_examples.pop() {
        Some(spare) if draft.examples.is_empty() => draft.examples.push(spare),
        // Plugins that answer nothing are the wrong ones; what numbers a bare model takes nobody knows.
        _ if draft.examples.is_empty() && draft.preprocess.is_some() => return None,
        _ => draft
            .report
            .note(format!("left out the example `{name}`: {error}")),
    }
    Some(draft)
}

/// How a call of a plugin ended.
fn fault(error: &service::Error) -> Option<&CallError> {
    match error {
        service::Error::Plugin {
            error: LoadError::InitFault(fault),
            ..
        }
        | service::Error::Example {
            error: pipeline::Error::Plugin { fault, .. },
            ..
        } => Some(fault),
        _ => None,
    }
}

impl Draft {
    fn with_memory(mut self) -> Option<Draft> {
        let now = self.limits.plugin_memory_mib.unwrap_or(MEMORY_MIB);
        let more = (now < MOST_MEMORY_MIB).then(|| (now * 2).min(MOST_MEMORY_MIB))?;
        self.limits.plugin_memory_mib = Some(more);
        self.limits.because(&format!("{now} MiB were too little"));
        Some(self)
    }

    fn with_time(mut self) -> Option<Draft> {
        let now = self.limits.plugin_deadline_ms.unwrap_or(DEADLINE_MS);
        let more = (now < MOST_DEADLINE_MS).then(|| (now * 2).min(MOST_DEADLINE_MS))?;
        self.limits.plugin_deadline_ms = Some(more);
        self.limits
            .because(&format!("{now} ms were too short here"));
        Some(self)
    }
}
