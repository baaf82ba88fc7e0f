//! WASI that does nothing, for plugins whose language links it whether they use it or not: no function reaches anything outside but the log.
//! Must not know what any interface is for; an answer follows from its type.

use super::call::Call;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, Linker, Resource, ResourceType, Val};
use wasmtime::{Result, StoreContextMut, bail};

/// More random bytes than this at once is no honest question.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// So much can be printed at once.
const MAX_WRITE_BYTES: u64 = 4096;

/// Every handle that is ever given out: it stands for nothing.
struct Nothing;

/// Defines every import of `component` that is WASI's.
pub(super) fn link(linker: &mut Linker<Call>, component: &Component) -> Result<()> {
    let engine = linker.engine().clone();
    for (interface, item) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        if !interface.starts_with("wasi:") {
            continue;
        }
        let mut inert = linker.instance(interface)?;
        for (name, item) in instance.exports(&engine) {
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    let called = format!("{interface}.{name}");
                    inert.func_new(name, move |store, function, parameters, results| {
                        answer(store, &called, &function, parameters, results)
                    })?;
                }
                ComponentItem::Resource(_) => {
                    inert.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn answer(
    mut store: StoreContextMut<'_, Call>,
    called: &str,
    function: &ComponentFunc,
    parameters: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let answered = special(&mut store, called, parameters)?;
    match (answered, &mut *results) {
        (Some(value), [result]) => *result = value,
        _ => {
            for (result, ty) in results.iter_mut().zip(function.results()) {
                *result = nothing(&mut store, &ty)?;
            }
        }
    }
    // What was lent for the call goes back with it.
    parameters
        .iter()
        .try_for_each(|value| release(&mut store, value))
}

/// The few answers that a caller cannot do without: nothing would make it wait for ever, or fail for no reason.
fn special(
    store: &mut StoreContextMut<'_, Call>,
    called: &str,
    parameters: &[Val],
) -> Result<Option<Val>> {
    let function = called.rsplit('.').next().unwrap_or(called);
    Ok(match (function, parameters) {
        ("get-random-bytes" | "get-insecure-random-bytes", [Val::U64(count)]) => {
            Some(noise(*count)?)
        }
        // Whatever is waited for has come.
        ("poll", [Val::List(pollables)]) => {
            let ready = 0..u32::try_from(pollables.len()).unwrap_or(u32::MAX);
            Some(Val::List(ready.map(Val::U32).collect()))
        }
        ("ready", _) => Some(Val::Bool(true)),
        // What is printed is logged.
        ("check-write", _) => {
            let room = Val::U64(MAX_WRITE_BYTES);
            Some(Val::Result(Ok(Some(Box::new(room)))))
        }
        ("write" | "blocking-write-and-flush", [_, Val::List(bytes)]) => {
            store.data_mut().print(&text(bytes));
            Some(Val::Result(Ok(None)))
        }
        ("flush" | "blocking-flush", _) => Some(Val::Result(Ok(None))),
        ("exit" | "exit-with-code", _) => bail!("the plugin called {called}"),
        _ => None,
    })
}

/// A list of bytes as text, as far as it is any.
fn text(bytes: &[Val]) -> String {
    let bytes = bytes.iter().map(|byte| match byte {
        Val::U8(byte) => *byte,
        _ => 0,
    });
    let bytes: Vec<u8> = bytes.collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Gives back the handles in `value`.
fn release(store: &mut StoreContextMut<'_, Call>, value: &Val) -> Result<()> {
    match value {
        Val::Resource(handle) => handle.resource_drop(&mut *store),
        Val::List(values) | Val::Tuple(values) => {
            values.iter().try_for_each(|value| release(store, value))
        }
        Val::Record(fields) => fields
            .iter()
            .try_for_each(|(_, value)| release(store, value)),
        Val::Option(Some(value))
        | Val::Variant(_, Some(value))
        | Val::Result(Ok(Some(value)) | Err(Some(value))) => release(store, value),
        _ => Ok(()),
    }
}

/// The same bytes each time: plugins have no randomness.
fn noise(count: u64) -> Result<Val> {
    if count > MAX_RANDOM_BYTES {
        bail!("the plugin asked for {count} random bytes");
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let byte = |_| {
        // xorshift64 (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Val::U8(state as u8)
    };
    Ok(Val::List((0..count).map(byte).collect()))
}

/// The value of a type that says least: zero, empty, none, or an error.
fn nothing(store: &mut StoreContextMut<'_, Call>, ty: &Type) -> Result<Val> {
    Ok(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::String(String::new()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Enum(kind) => match kind.names().next() {
            Some(first) => Val::Enum(first.to_owned()),
            None => bail!("an enum without cases"),
        },
        Type::Record(record) => {
            let mut fields = Vec::new();
            for field in record.fields() {
                fields.push((field.name.to_owned(), nothing(store, &field.ty)?));
            }
            Val::Record(fields)
        }
        Type::Tuple(tuple) => {
            let mut values = Vec::new();
            for ty in tuple.types() {
                values.push(nothing(store, &ty)?);
            }
            Val::Tuple(values)
        }
        Type::Variant(variant) => {
            // `closed` of a stream's errors, for one.
            let plain = variant.cases().find(|case| case.ty.is_none());
            let Some(case) = plain.or_else(|| variant.cases().next()) else {
                bail!("a variant without cases");
            };
            let value = match &case.ty {
                Some(ty) => Some(Box::new(nothing(store, ty)?)),
                None => None,
            };
            Val::Variant(case.name.to_owned(), value)
        }
        Type::Result(result) => Val::Result(Err(match result.err() {
            Some(ty) => Some(Box::new(nothing(store, &ty)?)),
            None => None,
        })),
        Type::Own(_) => {
            let handle = Resource::<Nothing>::new_own(0);
            Val::Resource(handle.try_into_resource_any(&mut *store)?)
        }
        other => bail!("a value of the type {other:?} cannot be made of nothing"),
    })
}
