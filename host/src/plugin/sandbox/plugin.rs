//! A plugin that is ready: every call runs in a fresh instance of the best code there is.
//! Must not know how it was loaded.

use super::bindings::exports::modelhost::plugin::preprocess;
use super::call::{Call, classify, limit, store};
use super::compiled::Compiled;
use crate::plugin::{CallError, Description, Limits, Prepared, Setup, abi};
use crate::tensor::NamedTensor;
use arc_swap::ArcSwap;
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::Instance;

/// Where the code that runs came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Compiled in a hurry; the optimised code is on its way.
    Quick,
    /// Optimised by this process.
    Optimised,
    /// Optimised by an earlier process, and kept.
    Cached,
}

impl Code {
    /// The word for it in answers and logs.
    pub fn name(self) -> &'static str {
        match self {
            Code::Quick => "quick",
            Code::Optimised => "optimised",
            Code::Cached => "cached",
        }
    }
}

/// A plugin that is ready: initialised, frozen, compiled.
#[derive(Clone)]
pub struct Plugin {
    name: Arc<str>,
    sha256: String,
    limits: Limits,
    description: Description,
    stages: (bool, bool),
    slot: Arc<Slot>,
}

/// The code of a plugin, which is replaced once by better code.
pub(super) struct Slot {
    compiled: ArcSwap<Compiled>,
    code: Mutex<Code>,
    /// Whether better code is still expected.
    waiting: Mutex<bool>,
    settled: Condvar,
}

impl Slot {
    /// Code that is better, and not yet the best.
    pub(super) fn improve(&self, better: Compiled) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if *waiting {
            self.compiled.store(Arc::new(better));
        }
    }

    /// Better code, or `None` if there will not be any.
    pub(super) fn settle(&self, better: Option<Compiled>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(better) = better {
            self.compiled.store(Arc::new(better));
            *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Code::Optimised;
        }
        *waiting = false;
        drop(waiting);
        self.settled.notify_all();
    }
}

impl Plugin {
    pub(super) fn new(
        setup: &Setup,
        description: Description,
        compiled: Compiled,
        code: Code,
    ) -> Plugin {
        Plugin {
            name: Arc::from(setup.name.as_str()),
            sha256: crate::hex(&Sha256::digest(&setup.wasm)),
            limits: setup.limits,
            description,
            stages: (
                compiled.preprocess.is_some(),
                compiled.postprocess.is_some(),
            ),
            slot: Arc::new(Slot {
                compiled: ArcSwap::from_pointee(compiled),
                code: Mutex::new(code),
                waiting: Mutex::new(code == Code::Quick),
                settled: Condvar::new(),
            }),
        }
    }

    pub(super) fn slot(&self) -> std::sync::Weak<Slot> {
        Arc::downgrade(&self.slot)
    }

    /// The name under which it was loaded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sha256 of the file, 64 lower-case hex digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The schemas of what it accepts and answers.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What one call may use.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same plugin, whose log goes nowhere.
    pub fn hushed(&self) -> Plugin {
        let mut hushed = self.clone();
        hushed.limits.log_bytes = 0;
        hushed
    }

    /// Whether it has a preprocess stage.
    pub fn preprocesses(&self) -> bool {
        self.stages.0
    }

    /// Whether it has a postprocess stage.
    pub fn postprocesses(&self) -> bool {
        self.stages.1
    }

    /// What runs now.
    pub fn code(&self) -> Code {
        *self
            .slot
            .code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no better code is expected; answers what runs then.
    pub fn settled(&self) -> Code {
        let waiting = self.slot.waiting.lock();
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        drop(self.slot.settled.wait_while(waiting, |waiting| *waiting));
        self.code()
    }

    /// Turns a request into the model's inputs, in a fresh instance.
    pub fn preprocess(&self, content_type: &str, body: &[u8]) -> Result<Prepared, CallError> {
        let compiled = self.slot.compiled.load();
        let (mut store, instance) = self.start(&compiled)?;
        let request = preprocess::Request {
            content_type: content_type.to_owned(),
            body: body.to_vec(),
        };
        let indices = compiled
            .preprocess
            .as_ref()
            .ok_or_else(|| CallError::Abi("it has no preprocess stage".to_owned()))?;
        let prepared = indices
            .load(&mut store, &instance)
            .and_then(|guest| guest.call_run(&mut store, &request))
            .map_err(|error| classify(error, self.limits))?
            .map_err(abi::refusal)?;
        abi::prepared(prepared)
    }

    /// Turns model outputs into the JSON text of the answer, in a fresh instance.
    pub fn postprocess(
        &self,
        outputs: Vec<NamedTensor>,
        context: &[u8],
        parameters: &str,
    ) -> Result<String, CallError> {
        let outputs = outputs
            .into_iter()
            .map(abi::to_guest)
            .collect::<Result<Vec<_>, _>>()?;
        let compiled = self.slot.compiled.load();
        let (mut store, instance) = self.start(&compiled)?;
        let indices = compiled
            .postprocess
            .as_ref()
            .ok_or_else(|| CallError::Abi("it has no postprocess stage".to_owned()))?;
        indices
            .load(&mut store, &instance)
            .and_then(|guest| guest.call_run(&mut store, &outputs, context, parameters))
            .map_err(|error| classify(error, self.limits))?
            .map_err(abi::refusal)
    }

    fn start(&self, compiled: &Compiled) -> Result<(Store<Call>, Instance), CallError> {
        let mut store = store(&compiled.engine, &self.name, self.limits)
            .map_err(|error| CallError::Internal(error.to_string()))?;
        let instance = compiled
            .instance
            .instantiate(&mut store)
            .map_err(|error| classify(error, self.limits))?;
        if let Some(init) = &compiled.init {
            // It has answered once already, and has said what it logs.
            store.data_mut().hush();
            init.run(&mut store, &instance)
                .map_err(|error| classify(error, self.limits))?
                .map_err(abi::refusal)?;
            limit(&mut store, self.limits);
        }
        Ok((store, instance))
    }
}
