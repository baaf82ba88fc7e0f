//! A request's way through the pipeline of the version that was chosen for the call, or of two while one is on trial.
//! Must not know what is asked.

use super::Call;
use crate::http::reject::Reject;
use crate::pipeline::{self, Answer, Request, Stage};
use crate::registry::Version;
use crate::scheduler::Rejected;
use crate::service::Service;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a worker made of a request.
pub(in crate::http) struct Ran<T> {
    /// Who answered.
    pub(in crate::http) service: Arc<Service>,
    /// What was made of the answer.
    pub(in crate::http) value: T,
    /// The time of each stage, with the time in the queue.
    pub(in crate::http) timing: Vec<(Stage, Duration)>,
}

impl Call {
    /// What `make` makes of the answer to `request`, on a worker; it may be asked for the answers of two versions.
    pub(in crate::http) async fn run<T: Send + 'static>(
        &self,
        request: &Request,
        make: impl Fn(&Service, Answer) -> T + Clone + Send + 'static,
    ) -> Result<Ran<T>, Reject> {
        self.run_until(self.end(), request, make).await
    }

    /// As [`Call::run`], for one of several requests in a call.
    pub(in crate::http) async fn run_until<T: Send + 'static>(
        &self,
        end: Instant,
        request: &Request,
        make: impl Fn(&Service, Answer) -> T + Clone + Send + 'static,
    ) -> Result<Ran<T>, Reject> {
        let attempt = match &self.chosen.instead {
            None => self.version(&self.chosen.version, request, end, make).await,
            Some(instead) => {
                let both = [&self.chosen.version, instead];
                self.tried(both, request, end, make).await
            }
        };
        let attempt = attempt.map_err(|rejected| match rejected {
            // Part of the deadline went on reading the body; the caller knows the whole.
            Rejected::Deadline(_) => Rejected::Deadline(self.service().manifest.limits.deadline),
            other => other,
        })?;
        Ok(Ran {
            service: attempt.service,
            value: attempt.value?,
            timing: attempt.timing,
        })
    }

    /// Nobody is to suffer from a trial: what the first version does not answer in half of the time, the second is asked.
    async fn tried<T: Send + 'static>(
        &self,
        [trial, instead]: [&Arc<Version>; 2],
        request: &Request,
        end: Instant,
        make: impl Fn(&Service, Answer) -> T + Clone + Send + 'static,
    ) -> Result<Attempt<T>, Rejected> {
        let start = Instant::now();
        let half = start + end.saturating_duration_since(start) / 2;
        let first = self.attempt(trial, request, half, make.clone()).await;
        if is_answered(&first) {
            self.entry.count(trial, false);
            return first;
        }
        let second = self.version(instead, request, end, make).await;
        // What both refuse is the caller's doing, and what neither has time for is the load's.
        let is_failure = has_failed(&first) || is_answered(&second);
        if is_failure || first.is_ok() {
            self.entry.count(trial, is_failure);
        }
        second
    }

    async fn version<T: Send + 'static>(
        &self,
        version: &Arc<Version>,
        request: &Request,
        end: Instant,
        make: impl Fn(&Service, Answer) -> T + Send + 'static,
    ) -> Result<Attempt<T>, Rejected> {
        let attempt = self.attempt(version, request, end, make).await;
        let has_failed = has_failed(&attempt);
        if has_failed || attempt.is_ok() {
            self.entry.count(version, has_failed);
        }
        attempt
    }

    async fn attempt<T: Send + 'static>(
        &self,
        version: &Arc<Version>,
        request: &Request,
        end: Instant,
        make: impl Fn(&Service, Answer) -> T + Send + 'static,
    ) -> Result<Attempt<T>, Rejected> {
        let service = version.service.clone();
        let finish = {
            let service = service.clone();
            move |answer: Result<Answer, pipeline::Error>| {
                let mut answer = answer?;
                let stages = std::mem::take(&mut answer.timing).stages;
                Ok::<_, pipeline::Error>((make(&service, answer), stages))
            }
        };
        let within = end.saturating_duration_since(Instant::now());
        let pipeline = service.pipeline.clone();
        let queue = &self.entry.queue;
        let done = queue
            .predict(within, pipeline, request.clone(), finish)
            .await?;
        let mut timing = vec![(Stage::Queue, done.waited)];
        let value = done.value.map(|(value, stages)| {
            timing.extend(stages);
            value
        });
        let metrics = &self.shared.metrics;
        for (stage, took) in &timing {
            metrics.stage_done(&self.entry.name, stage.name(), *took);
        }
        if let Err(pipeline::Error::Plugin { plugin, fault }) = &value
            && let Some(reason) = fault.fault()
        {
            metrics.plugin_faulted(&self.entry.name, plugin, reason);
        }
        Ok(Attempt {
            service,
            value,
            timing,
        })
    }
}

struct Attempt<T> {
    service: Arc<Service>,
    value: Result<T, pipeline::Error>,
    timing: Vec<(Stage, Duration)>,
}

fn is_answered<T>(attempt: &Result<Attempt<T>, Rejected>) -> bool {
    attempt.as_ref().is_ok_and(|it| it.value.is_ok())
}

/// Whether it was the version that failed, and not the caller.
fn has_failed<T>(attempt: &Result<Attempt<T>, Rejected>) -> bool {
    match attempt {
        Ok(attempt) => {
            let error = attempt.value.as_ref().err();
            error.is_some_and(pipeline::Error::is_failure)
        }
        Err(rejected) => *rejected == Rejected::Panicked,
    }
}
