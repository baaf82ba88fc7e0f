//! The engine beside onnxruntime: `cargo bench --bench engine -- MODEL.onnx [SHAPE ..]`, on one thread each, in turns.
//! A shape is `8x64` (batch and length) or `8` (batch). The `python3` on PATH has to have onnxruntime and numpy.

use modelhost::model::{Dim, File, Model, Port};
use modelhost::tensor::{Data, Dtype, NamedTensor, Tensor};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long each shape is measured.
const LONG: Duration = Duration::from_secs(6);

/// How long one side runs before it is the other's turn.
const TURN: Duration = Duration::from_millis(40);

fn main() {
    modelhost::allocator::keep_freed_memory();
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let Some(path) = arguments.next() else {
        return say("usage: cargo bench --bench engine -- MODEL.onnx [SHAPE ..]");
    };
    let bytes = std::fs::read(&path).expect("the model reads");
    let begun = Instant::now();
    let model = Model::load(File::read(&bytes).expect("a model")).expect("it loads");
    let (plan, operators) = (model.plan_kind(), model.fusion().operators);
    let took = begun.elapsed().as_millis();
    say(&format!(
        "{path}: {plan}, {operators} operators fused, loaded in {took} ms"
    ));
    let shapes: Vec<String> = arguments.collect();
    let shapes = match shapes.as_slice() {
        [] if is_long(&model) => NINE.map(str::to_owned).to_vec(),
        [] => ["1", "8", "32"].map(str::to_owned).to_vec(),
        given => given.to_vec(),
    };
    let mut peer = Peer::start(&path);
    let mut sum = 0.0;
    for shape in &shapes {
        let sizes: Vec<usize> = shape
            .split('x')
            .map(|it| it.parse().expect("a number"))
            .collect();
        let inputs: Vec<NamedTensor> = model
            .signature()
            .inputs
            .iter()
            .map(|port| made(port, &sizes))
            .collect();
        let theirs = peer.take(&inputs);
        let ours = model.run(inputs.clone()).expect("it answers");
        let off = apart(&ours[0].tensor, &theirs);
        let operators = model.operators(inputs.clone()).expect("a plan");
        let (ours, theirs) = measure(&model, &inputs, &mut peer);
        let ratio = ours / theirs;
        sum += ratio.ln();
        let (ours, theirs) = (ours * 1e3, theirs * 1e3);
        say(&format!(
            "{shape:>8}  onnxruntime {theirs:9.3} ms  modelhost {ours:9.3} ms  ratio {ratio:.3}  operators {operators}  apart {off:.1e}"
        ));
    }
    let mean = (sum / shapes.len() as f64).exp();
    say(&format!("geometric mean of the ratios {mean:.3}"));
}

const NINE: [&str; 9] = [
    "1x16", "1x64", "1x128", "8x16", "8x64", "8x128", "32x16", "32x64", "32x128",
];

fn say(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .expect("stdout is open");
}

/// Whether inputs have two open sizes, as texts do.
fn is_long(model: &Model) -> bool {
    let open = |port: &Port| {
        let dims = port.shape.iter().flatten();
        dims.filter(|dim| !matches!(dim, Dim::Fixed(_))).count() > 1
    };
    model.signature().inputs.iter().any(open)
}

/// Numbers without a pattern; all of a mask is seen.
fn made(port: &Port, sizes: &[usize]) -> NamedTensor {
    let mut open = sizes.iter();
    let dims = port.shape.as_ref().expect("the rank is known");
    let size = |dim: &Dim| match dim {
        Dim::Fixed(size) => *size,
        Dim::Symbol(_) | Dim::Any => *open.next().unwrap_or(&1),
    };
    let shape: Vec<usize> = dims.iter().map(size).collect();
    let numbers = (0..shape.iter().product::<usize>()).map(|at| at * 7919 % 2003);
    let rows = port.rows.unwrap_or(2);
    let ids = numbers.clone().map(|it| match () {
        () if port.name.contains("mask") => 1,
        () if port.name.contains("type") => 0,
        () => (it % rows) as i64,
    });
    let data = match port.dtype {
        Dtype::I64 => Data::I64(ids.collect()),
        Dtype::I32 => Data::I32(ids.map(|it| it as i32).collect()),
        Dtype::Bool => Data::Bool(ids.map(|it| it == 1).collect()),
        Dtype::F32 => Data::F32(numbers.map(|it| it as f32 / 2003.0).collect()),
        other => panic!("no {other} is made"),
    };
    NamedTensor {
        name: port.name.clone(),
        tensor: Tensor::new(shape, data).expect("shape fits"),
    }
}

fn apart(ours: &Tensor, theirs: &[f64]) -> f64 {
    let Data::F32(ours) = ours.data() else {
        return 0.0;
    };
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs
        .map(|(a, b)| (f64::from(*a) - b).abs())
        .fold(0.0, f64::max)
}

/// Median seconds of both, a turn each.
fn measure(model: &Model, inputs: &[NamedTensor], peer: &mut Peer) -> (f64, f64) {
    let one = peer.times(2)[1];
    let times = (TURN.as_secs_f64() / one).ceil().max(1.0) as usize;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < LONG || theirs.len() < 6 {
        theirs.extend(peer.times(times));
        for _ in 0..times {
            let given = inputs.to_vec();
            let begun = Instant::now();
            model.run(given).expect("it answers");
            ours.push(begun.elapsed().as_secs_f64());
        }
    }
    (median(ours), median(theirs))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

struct Peer {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Peer {
    fn start(model: &str) -> Peer {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/engine.py");
        let mut child = Command::new("python3")
            .args([script, model])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let answers = BufReader::new(child.stdout.take().expect("its answers"));
        Peer { child, answers }
    }

    fn ask(&mut self, question: &Value) -> Value {
        let stdin = self.child.stdin.as_mut().expect("it listens");
        writeln!(stdin, "{question}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("JSON: has it onnxruntime and numpy?")
    }

    /// Its first output of `inputs`, on which it is measured from now on.
    fn take(&mut self, inputs: &[NamedTensor]) -> Vec<f64> {
        let inputs: Vec<Value> = inputs
            .iter()
            .map(|input| {
                let data = match input.tensor.data() {
                    Data::I64(data) => json!(data),
                    Data::I32(data) => json!(data),
                    Data::Bool(data) => json!(data),
                    Data::F32(data) => json!(data),
                    other => panic!("no {} is made", other.dtype()),
                };
                let (dtype, shape) = (input.tensor.dtype().name(), input.tensor.shape());
                json!({"name": input.name, "dtype": dtype, "shape": shape, "data": data})
            })
            .collect();
        numbers(&self.ask(&json!({ "inputs": inputs }))["out"])
    }

    /// Seconds of so many runs.
    fn times(&mut self, times: usize) -> Vec<f64> {
        numbers(&self.ask(&json!({ "times": times }))["times"])
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().expect("a list").iter();
    numbers.map(|it| it.as_f64().expect("a number")).collect()
}
