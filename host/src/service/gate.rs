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
    /// Processor time that the answer took: how long it would take on an idle machine.
    pub took: Duration,
    /// Whether the manifest says what the answer must be.
    pub is_compared: bool,
}

/// Has every example answered once, whatever comes of it: plans are made, memory is touched.
pub(super) fn warm(pipeline: &Pipeline, manifest: &Manifest) {
    for example in &manifest.examples {
        // What is wrong with it, the gate says.
        pipeline.predict(&request(example)).ok();
    }
}

/// Answers every example of the manifest: proof that what goes live works.
pub(super) fn prove(pipeline: &Pipeline, manifest: &Manifest) -> Result<Vec<Proof>, Error> {
    let prove = |example| proof(pipeline, manifest, example);
    manifest.examples.iter().map(prove).collect()
}

/// The examples of the manifest.
pub(super) fn requests(manifest: &Manifest) -> Vec<Request> {
    manifest.examples.iter().map(request).collect()
}

fn request(example: &Example) -> Request {
    Request::json(example.request.to_string())
}

fn proof(pipeline: &Pipeline, manifest: &Manifest, example: &Example) -> Result<Proof, Error> {
    let start = priority::processor_time();
    let answer = pipeline
        .predict(&request(example))
        .map_err(|error| Error::Example {
            name: example.name.clone(),
            error,
        })?;
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
        let found: Value =
            serde_json::from_str(answer.outputs.into_json().get()).unwrap_or(Value::Null);
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
