//! Whether a fused model answers as the unfused one, on inputs that are made up.
//! Must not know how operators are fused.

use super::plan::{self, Case};
use super::{Error, Model, contained, run};
use crate::model::signature::{Dim, Port, Signature};
use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use std::collections::HashMap;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{IntoRunnable, TractResult};

/// How far numbers may be apart, as a share of the largest where that is above 1.
const TOLERANCE: f64 = 1e-4;

/// The same in the mean, where numbers are rounded on the way.
const ROUNDED_TOLERANCE: f64 = 0.1;

/// Why `fused` is not to be used, if so: it is run beside `plain`, its file as it was. Open dims are all different, or else
/// as in the first of `cases` that runs.
pub(super) fn disagreement(
    fused: &Model,
    plain: &ModelProto,
    cases: impl Iterator<Item = Case>,
    rounds: bool,
) -> Option<String> {
    let signature = fused.signature();
    let first = distinct(signature).map(|shapes| Case {
        shapes,
        values: Vec::new(),
    });
    let is_planned = |case: &Case| fused.plans.get(case.clone()).is_ok();
    for Case { shapes, .. } in first.into_iter().chain(cases).filter(is_planned) {
        let Some(inputs) = made(signature, &shapes) else {
            break;
        };
        let Ok(plain) = contained(|| alone(plain, &shapes, inputs.clone())) else {
            continue;
        };
        return match fused.run(inputs) {
            Ok(fused) => apart(&fused, &plain, rounds),
            // So may be the others.
            Err(Error::NonFinite(_)) => continue,
            Err(error) => Some(format!("fused, {error}")),
        };
    }
    Some("no input was found on which fused and unfused could be compared".to_owned())
}

/// What the file says, without any plan that would take longer to make than to run once.
fn alone(
    proto: &ModelProto,
    shapes: &[Vec<usize>],
    inputs: Vec<NamedTensor>,
) -> TractResult<Vec<Tensor>> {
    let plan = plan::typed(proto, Some(shapes))?.into_runnable()?;
    run::run(&plan, inputs)
}

fn apart(fused: &[NamedTensor], plain: &[Tensor], rounds: bool) -> Option<String> {
    for (fused, expected) in fused.iter().zip(plain) {
        let (name, found) = (&fused.name, &fused.tensor);
        if (found.dtype(), found.shape()) != (expected.dtype(), expected.shape()) {
            return Some(format!("fused, the output `{name}` has another shape"));
        }
        let (Data::F32(a), Data::F32(b)) = (found.data(), expected.data()) else {
            if found != expected && !rounds {
                return Some(format!("fused, the output `{name}` is another"));
            }
            continue;
        };
        let (off, tolerance) = if rounds {
            let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
            let squares: f64 = pairs().map(|(a, b)| (a - b).powi(2)).sum();
            let all: f64 = pairs().map(|(_, b)| b.powi(2)).sum();
            let off = (squares / all.max(f64::MIN_POSITIVE)).sqrt();
            (off, ROUNDED_TOLERANCE)
        } else {
            let off = expected.data().off(found.data());
            (off.unwrap_or_default(), TOLERANCE)
        };
        if off > tolerance {
            return Some(format!("fused, the output `{name}` is off by {off:.1e}"));
        }
    }
    None
}

/// Shapes in which no two open dims are alike by chance; none where a rank is open.
fn distinct(signature: &Signature) -> Option<Vec<Vec<usize>>> {
    let mut sizes: HashMap<String, usize> = HashMap::new();
    let mut open = |_, dim: &Dim| {
        let next = 2 + sizes.len();
        match dim {
            Dim::Symbol(name) => *sizes.entry(name.clone()).or_insert(next),
            Dim::Fixed(_) | Dim::Any => 2,
        }
    };
    let shapes = signature.inputs.iter().map(|port| port.sized(&mut open));
    shapes.collect()
}

/// Inputs of these shapes, the same each time; none where a dtype is not one that can be made up.
pub(super) fn made(signature: &Signature, shapes: &[Vec<usize>]) -> Option<Vec<NamedTensor>> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let ports = signature.inputs.iter().zip(shapes);
    let input = |(port, shape): (&Port, &Vec<usize>)| {
        let data = random.data(port, shape.iter().product())?;
        Some(NamedTensor {
            name: port.name.clone(),
            tensor: Tensor::new(shape.clone(), data).ok()?,
        })
    };
    ports.map(input).collect()
}

/// Marsaglia's xorshift, <https://doi.org/10.18637/jss.v008.i14>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Fractions from -1 to 1, ids of rows, or 0 and 1.
    fn data(&mut self, port: &Port, count: usize) -> Option<Data> {
        let rows = port.rows.unwrap_or(2).max(1) as u64;
        let whole = (0..count).map(|_| self.next() >> 33);
        Some(match port.dtype {
            Dtype::I64 => Data::I64(whole.map(|it| (it % rows) as i64).collect()),
            Dtype::I32 => Data::I32(whole.map(|it| (it % rows) as i32).collect()),
            Dtype::U8 => Data::U8(whole.map(|it| it as u8).collect()),
            Dtype::I8 => Data::I8(whole.map(|it| it as i8).collect()),
            Dtype::Bool => Data::Bool(whole.map(|it| it % 2 == 1).collect()),
            Dtype::F32 => {
                let fraction = |it: u64| it as f32 / (1u64 << 30) as f32 - 1.0;
                Data::F32(whole.map(fraction).collect())
            }
            Dtype::F64 => {
                let fraction = |it: u64| it as f64 / (1u64 << 30) as f64 - 1.0;
                Data::F64(whole.map(fraction).collect())
            }
            _ => return None,
        })
    }
}
