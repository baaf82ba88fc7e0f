//! The plugin `faulty`: does what a plugin must not do, on demand, so that the host's limits are tested for real.
//! No manifest outside of tests may name it.
//!
//! What to do in `init` is the configuration, in preprocess the request's `inputs`, in postprocess its
//! `parameters`: an object whose `do` is one of the orders below.
//!
//! | `do` | what happens | reads |
//! |---|---|---|
//! | `echo` (default) | what was sent comes back | `tensor` (`x`), `values`, `context` |
//! | `count` | the number of this call is answered | |
//! | `loop` | never ends | |
//! | `recurse` | calls itself without end | |
//! | `grow` | allocates `bytes`; without it, without end | `bytes` |
//! | `panic` | panics with a message | |
//! | `trap` | runs into wasm's `unreachable`, with no message | |
//! | `log` | logs a million lines | `count`, `bytes` (100) of a line |
//! | `invalid`, `internal` | refuses, or fails | `bytes` (10) of the message |
//! | `output` | answers 128 MiB (in `init`: describes itself in 128 MiB) | `bytes` |
//! | `tensors` | preprocess: two million tensors | `count` |
//! | `lying-shape` | preprocess: a shape of almost 2^64 elements over one | |
//! | `wrong-dtype` | preprocess: s64 in place of f32 | |
//! | `unknown-tensor` | preprocess: a tensor that no model asks for | |
//! | `same-tensor-twice`, `no-tensor` | preprocess: as they say | |
//! | `scalar` | preprocess: a tensor with no batch axis | |
//! | `not-finite` | preprocess: NaN for every one of `values` | `values` |
//! | `not-json` | postprocess: answers what is no JSON (in `init`: describes itself so) | |

use modelhost_plugin::{
    Assets, Data, Description, Error, Invalid, Plugin, Postprocess, Prepared, Preprocess, Request,
    Result, Signature, Tensor, Tensors, log,
};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

/// The plugin; it remembers how often it was called, where the host lets it.
#[derive(Debug)]
pub struct Faulty {
    calls: AtomicU32,
}

/// What to do. A plain value, because this file is committed as wasm and typed parsing would double it.
struct Order(Value);

impl Order {
    fn parse(json: &[u8]) -> Result<Self> {
        let order =
            serde_json::from_slice(json).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self(order))
    }

    fn act(&self) -> &str {
        self.text("do", "echo")
    }

    fn text<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.0[key].as_str().unwrap_or(default)
    }

    fn number(&self, key: &str, default: usize) -> usize {
        self.0[key]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(default)
    }

    fn values(&self) -> Vec<f32> {
        let list = self.0["values"].as_array().map_or(&[][..], Vec::as_slice);
        list.iter()
            .map(|value| value.as_f64().unwrap_or_default() as f32)
            .collect()
    }

    fn bytes(&self) -> usize {
        self.number("bytes", 128 << 20)
    }

    /// Whatever goes wrong in the same way in every step.
    fn misbehave(&self) -> Result<()> {
        match self.act() {
            "loop" => loop {
                std::hint::spin_loop();
            },
            "recurse" => {
                black_box(deeper(0));
            }
            "grow" => grow(self.number("bytes", usize::MAX)),
            "panic" => panic!("this plugin was told to panic"),
            "trap" => trap(),
            "log" => {
                let line = "x".repeat(self.number("bytes", 100));
                for _ in 0..self.number("count", 1_000_000) {
                    log::info(&line);
                }
            }
            "invalid" => {
                return Err(Invalid::at("/inputs/do", "x".repeat(self.number("bytes", 10))).into());
            }
            "internal" => return Err(Error::internal("x".repeat(self.number("bytes", 10)))),
            "echo" | "count" | "output" | "tensors" | "lying-shape" | "wrong-dtype"
            | "unknown-tensor" | "same-tensor-twice" | "no-tensor" | "scalar" | "not-finite"
            | "not-json" => {}
            unknown => return Err(Error::internal(format!("faulty has no order `{unknown}`"))),
        }
        Ok(())
    }
}

impl Plugin for Faulty {
    fn init(config: &str, assets: Assets, _model: &Signature) -> Result<(Self, Description)> {
        let order = Order::parse(config.as_bytes())?;
        order.misbehave()?;
        for asset in &assets.0 {
            log::info(&format!("{}: {} bytes", asset.name, asset.data.len()));
        }
        let inputs = match order.act() {
            "not-json" => Some("{".to_owned()),
            "output" => Some(format!("\"{}\"", "x".repeat(order.bytes()))),
            _ => None,
        };
        let plugin = Self {
            calls: AtomicU32::new(0),
        };
        Ok((
            plugin,
            Description {
                inputs,
                ..Description::default()
            },
        ))
    }
}

impl Preprocess for Faulty {
    fn run(&self, request: Request) -> Result<Prepared> {
        let mut body = Order::parse(&request.body)?;
        let order = Order(body.0["inputs"].take());
        order.misbehave()?;
        let name = order.text("tensor", "x");
        let row = |values: Vec<f32>| Tensor::f32(&[1, values.len()], values);
        let tensors = match order.act() {
            "count" => vec![(name, row(vec![self.count() as f32]))],
            "output" => vec![(name, row(vec![1.0; order.bytes() / 4]))],
            "tensors" => vec![(name, row(Vec::new())); order.number("count", 2_000_000)],
            "lying-shape" => {
                let lie = Tensor {
                    shape: vec![u32::MAX, u32::MAX],
                    data: Data::F32(vec![1.0]),
                };
                vec![(name, lie)]
            }
            "wrong-dtype" => vec![(name, Tensor::s64(&[1, 1], vec![1]))],
            "unknown-tensor" => vec![("nobody-asked-for-this", row(order.values()))],
            "same-tensor-twice" => vec![(name, row(order.values())), (name, row(order.values()))],
            "no-tensor" => Vec::new(),
            "scalar" => vec![(name, Tensor::f32(&[], vec![1.0]))],
            "not-finite" => vec![(name, row(vec![f32::NAN; order.values().len()]))],
            _ => vec![(name, row(order.values()))],
        };
        Ok(Prepared::new(tensors).with_context(order.text("context", "").into()))
    }
}

impl Postprocess for Faulty {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let order = Order::parse(parameters.as_bytes())?;
        order.misbehave()?;
        Ok(match order.act() {
            "count" => self.count().to_string(),
            "output" => format!("\"{}\"", "x".repeat(order.bytes())),
            "not-json" => "{".to_owned(),
            _ => echo(&outputs, context),
        })
    }
}

impl Faulty {
    fn count(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn grow(bytes: usize) {
    let mut kept = Vec::new();
    let mut left = bytes;
    while left > 0 {
        let size = left.min(1 << 20);
        kept.push(black_box(vec![1_u8; size]));
        left -= size;
    }
}

fn deeper(depth: u64) -> u64 {
    // Used after the call, so that the frames cannot be folded into a loop.
    let frame = black_box([depth; 16]);
    if black_box(true) {
        deeper(depth + 1) + frame[black_box(3)]
    } else {
        0
    }
}

fn trap() {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
}

fn echo(outputs: &Tensors, context: &[u8]) -> String {
    let mut tensors = json!({});
    for (name, Tensor { shape, data }) in &outputs.0 {
        tensors[name] = match data {
            Data::F32(list) => json!({"shape": shape, "data": list}),
            other => json!({"shape": shape, "dtype": other.dtype()}),
        };
    }
    json!({"tensors": tensors, "context": String::from_utf8_lossy(context)}).to_string()
}

modelhost_plugin::processor!(Faulty);

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty() -> Faulty {
        Faulty::init("null", Assets::default(), &Signature::default())
            .expect("the default order is harmless")
            .0
    }

    fn prepare(faulty: &Faulty, inputs: &str) -> Result<Prepared> {
        let body = format!("{{\"inputs\": {inputs}}}").into_bytes();
        Preprocess::run(
            faulty,
            Request {
                content_type: "application/json".into(),
                body,
            },
        )
    }

    #[test]
    fn what_is_sent_comes_back_through_both_steps() {
        let faulty = faulty();
        let prepared = prepare(&faulty, r#"{"values": [1, 2], "context": "c"}"#).expect("echo");
        let answer = Postprocess::run(&faulty, prepared.tensors, &prepared.context, "{}");
        assert_eq!(
            answer.expect("echo"),
            r#"{"context":"c","tensors":{"x":{"data":[1.0,2.0],"shape":[1,2]}}}"#
        );
    }

    #[test]
    fn it_counts_where_its_memory_is_kept() {
        let faulty = faulty();
        for expected in [1.0, 2.0] {
            let prepared = prepare(&faulty, r#"{"do": "count"}"#).expect("a count");
            assert_eq!(
                prepared.tensors.view::<f32>("x", 2).expect("a row").data,
                [expected]
            );
        }
    }

    #[test]
    fn it_lies_about_a_shape() {
        let prepared = prepare(&faulty(), r#"{"do": "lying-shape"}"#).expect("a lie");
        assert!(prepared.tensors.view::<f32>("x", 2).is_err());
    }

    #[test]
    fn an_order_that_there_is_not_is_a_fault() {
        let error = prepare(&faulty(), r#"{"do": "dance"}"#).expect_err("no such order");
        assert_eq!(error, Error::internal("faulty has no order `dance`"));
    }
}
