//! Other servers' clients, with nothing but the address changed: their own libraries, on the wire.
//! Knows what those clients send; nothing of how it is answered.

mod embeddings;
mod inference;
mod rows;
mod v1;

use crate::listening::tools;
use crate::server::root;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a script of host/tests/api prints, given `input`.
fn script(name: &str, arguments: &[&str], input: &str) -> Value {
    tokio::task::block_in_place(|| {
        let mut child = Command::new(tools().join("bin/python"))
            .arg(root().join("host/tests/api").join(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("python reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{name} failed; see above");
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    })
}
