//! The list of what is wrong, and how a field's path is spelt.
//! Must not know what can be wrong.

use std::cell::RefCell;

use super::error::Problem;
use super::position::Position;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// More than this are counted, not listed.
    const MOST: usize = 100;

    pub(super) fn add(&self, path: &str, at: Position, message: &str) {
        let Position { line, column } = at;
        self.0.borrow_mut().push(Problem {
            path: path.to_owned(),
            line,
            column,
            message: message.to_owned(),
        });
    }

    /// Whether so much is wrong that advice on more of it would not be read.
    pub(super) fn plenty(&self) -> bool {
        self.0.borrow().len() > Self::MOST
    }

    /// In the order of the file.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut list = self.0.into_inner();
        list.sort_by_key(|problem| (problem.line, problem.column));
        if list.len() > Self::MOST {
            let more = list.len() - Self::MOST;
            list.truncate(Self::MOST + 1);
            let last = &mut list[Self::MOST];
            last.path.clear();
            last.message = format!("{more} more problems from here on");
        }
        list
    }
}

/// `name` within `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() || name.starts_with('[') {
        format!("{path}{name}")
    } else {
        format!("{path}.{name}")
    }
}
