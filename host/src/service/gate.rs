//! The gate: every example of a manifest goes through the whole pipeline before a service may answer anyone.
//! Must not know what happens to a service that does not pass.

use super::Error;
use crate::manifest::{Example, Manifest};
use crate::pipeline::{Difference, Pipeline, Request};
use crate::priority;
use serde_json::Value;
use std::time::Duration;

/// An example that was answered as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The example.
    pub example: String,
    /// Processor time that the answer took, on its second run: how long it would take on an idle machine.
    pub took: Duration,
    /// Whether the manifest says what the answer must be.
    pub is_compared: bool,
}

/// Answers every example of the manifest: a warm-up, and proof that what goes live works.
pub(super) fn prove(pipeline: &Pipeline, manifest: &Manifest) -> Result<Vec<Proof>, Error> {
    let prove = |example| proof(pipeline, manifest, example);
    manifest.examples.iter().map(prove).collect()
}

fn proof(pipeline: &Pipeline, manifest: &Manifest, example: &Example) -> Result<Proof, Error> {
    let request = Request {
        content_type: "application/json".to_owned(),
        body: example.request.to_string().into(),
    };
    let answer = || {
        pipeline.predict(&request).map_err(|error| Error::Example {
            name: example.name.clone(),
            error,
        })
    };
    let first = answer()?;
    let start = priority::processor_time();
    answer()?;
    let took = priority::processor_time().saturating_sub(start);
    let deadline = manifest.limits.deadline;
    if took > deadline {
        return Err(Error::Slow {
            name: example.name.clone(),
            took,
            deadline,
        });
    }
    if let Some(expect) = &example.expect {
        let found: Value = serde_json::from_str(first.outputs.get()).unwrap_or(Value::Null);
        if let Some(difference) = Difference::between(&expect.value, &found, expect.tolerance) {
            return Err(Error::Unexpected {
                name: example.name.clone(),
                difference,
            });
        }
    }
    Ok(Proof {
        example: example.name.clone(),
        took,
        is_compared: example.expect.is_some(),
    })
}
