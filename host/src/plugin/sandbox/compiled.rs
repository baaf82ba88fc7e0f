//! A plugin as machine code: what a fresh instance is made from.
//! Must not know calls or limits.

use super::bindings::exports::modelhost::plugin::{postprocess, preprocess};
use super::call::Call;
use super::engine::invalid;
use super::freeze::{Init, Unfrozen};
use super::{bindings, inert};
use crate::plugin::contract::Stages;
use crate::plugin::{LoadError, Wasi};
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

pub(super) struct Compiled {
    pub(super) engine: Engine,
    pub(super) instance: InstancePre<Call>,
    pub(super) preprocess: Option<preprocess::GuestIndices>,
    pub(super) postprocess: Option<postprocess::GuestIndices>,
    /// What each instance has to be told first; nothing where its memory was frozen.
    pub(super) init: Option<Init>,
}

impl Compiled {
    pub(super) fn new(
        engine: &Engine,
        component: &Component,
        stages: Stages,
        wasi: Wasi,
    ) -> Result<Compiled, LoadError> {
        let instance = link(engine, component, wasi)?;
        Compiled::of(engine.clone(), instance, stages, None)
    }

    /// A plugin whose instances run `init` before every call: ready sooner, and slower.
    pub(super) fn unfrozen(unfrozen: Unfrozen, stages: Stages) -> Result<Compiled, LoadError> {
        let Unfrozen {
            engine,
            instance,
            init,
            ..
        } = unfrozen;
        Compiled::of(engine, instance, stages, Some(init))
    }

    fn of(
        engine: Engine,
        instance: InstancePre<Call>,
        stages: Stages,
        init: Option<Init>,
    ) -> Result<Compiled, LoadError> {
        Ok(Compiled {
            preprocess: stages
                .preprocess
                .then(|| preprocess::GuestIndices::new(&instance))
                .transpose()
                .map_err(invalid)?,
            postprocess: stages
                .postprocess
                .then(|| postprocess::GuestIndices::new(&instance))
                .transpose()
                .map_err(invalid)?,
            engine,
            instance,
            init,
        })
    }
}

/// Joins a component with what it may import.
pub(super) fn link(
    engine: &Engine,
    component: &Component,
    wasi: Wasi,
) -> Result<InstancePre<Call>, LoadError> {
    let mut linker = Linker::new(engine);
    bindings::Processor::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)
        .map_err(|error| LoadError::Host(format!("{error:#}")))?;
    if wasi == Wasi::Inert {
        inert::link(&mut linker, component).map_err(invalid)?;
    }
    linker.instantiate_pre(component).map_err(invalid)
}
