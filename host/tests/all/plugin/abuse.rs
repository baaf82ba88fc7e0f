//! Everything that a plugin may try in a call: contained in time, and nothing left behind.
//! Must not know servers.

use super::{LIMITS, SANDBOX, first_value, order, setup, wasm};
use modelhost::plugin::{CallError, Limits, Plugin};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What stops a busy machine from reaching a deadline before the limit that is meant.
const PATIENCE: Duration = Duration::from_secs(60);

fn faulty(limits: Limits) -> Plugin {
    let setup = modelhost::plugin::Setup {
        limits,
        ..setup(&wasm(), &json!({}))
    };
    SANDBOX.load(setup).expect("it loads")
}

fn patient() -> Plugin {
    faulty(Limits {
        deadline: PATIENCE,
        ..LIMITS
    })
}

/// The fault that an order ends in, and the time it took; the next call is answered.
fn fault(plugin: &Plugin, abuse: &Value) -> (CallError, Duration) {
    let start = Instant::now();
    let error = order(plugin, abuse).expect_err("a fault");
    let took = start.elapsed();
    let next = order(plugin, &json!({"values": [7.0]})).expect("the next call is answered");
    assert_eq!(first_value(&next), 7.0);
    (error, took)
}

/// Ends in a fault of this kind long before anyone's patience does.
fn ends_in(kind: &str, abuse: &Value) {
    let (error, took) = fault(&patient(), abuse);
    assert_eq!(error.fault(), Some(kind), "{abuse}: {error}");
    assert!(took < PATIENCE / 3, "{abuse} took {took:?}");
}

#[test]
fn an_endless_loop_ends_at_the_deadline() {
    let (error, took) = fault(&faulty(LIMITS), &json!({"do": "loop"}));
    assert_eq!(error, CallError::Deadline(LIMITS.deadline));
    // Not before it, and not a busy machine's pause after it.
    assert!(
        took >= LIMITS.deadline && took < LIMITS.deadline * 20,
        "{took:?}"
    );
}

#[test]
fn endless_recursion_is_a_trap() {
    ends_in("trap", &json!({"do": "recurse"}));
}

#[test]
fn memory_beyond_the_limit_is_a_fault_of_memory() {
    ends_in("memory", &json!({"do": "grow"}));
}

#[test]
fn a_panic_is_a_trap() {
    ends_in("trap", &json!({"do": "panic"}));
}

#[test]
fn an_unreachable_instruction_is_a_trap() {
    ends_in("trap", &json!({"do": "trap"}));
}

#[test]
fn an_output_of_128_mib_is_cut_off() {
    // Its memory holds them: it is the handing over that is limited.
    let plugin = faulty(Limits {
        memory_bytes: 512 << 20,
        deadline: PATIENCE,
        ..LIMITS
    });
    let (error, _) = fault(&plugin, &json!({"do": "output", "bytes": 128 << 20}));
    assert_eq!(error, CallError::Output(LIMITS.output_bytes));
}

#[test]
fn two_million_tensors_are_refused() {
    let plugin = faulty(Limits {
        memory_bytes: 1 << 30,
        deadline: PATIENCE,
        ..LIMITS
    });
    let (error, _) = fault(&plugin, &json!({"do": "tensors", "count": 2_000_000}));
    assert_eq!(error.fault(), Some("output"), "{error}");
    ends_in("abi", &json!({"do": "tensors", "count": 10_000}));
}

#[test]
fn a_shape_that_lies_about_its_data_is_refused() {
    ends_in("abi", &json!({"do": "lying-shape"}));
}

#[test]
fn a_failure_that_a_plugin_admits_is_internal() {
    ends_in("internal", &json!({"do": "internal"}));
}

/// A hundred thousand calls that trap leave no more memory in use than the first thousand did.
#[test]
fn calls_that_trap_leave_no_memory_behind() {
    let plugin = patient();
    let trap = |times: usize| {
        for _ in 0..times {
            let error = order(&plugin, &json!({"do": "trap"})).expect_err("it traps");
            assert_eq!(error.fault(), Some("trap"));
        }
    };
    trap(1_000);
    let before = resident();
    trap(100_000);
    let after = resident();
    // Other tests of this process come and go beside this one.
    assert!(
        after < before + (64 << 20),
        "{before} bytes before, {after} after"
    );
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<usize>().ok())
        .expect("a size")
        << 10
}
