//! LabelEncoder between numbers.
//! Must not know what they stand for.

use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Encoder {
    keys: Numbers,
    values: Numbers,
    other: Numbers,
}

#[derive(Debug, Clone)]
enum Numbers {
    Fractions(Vec<f32>),
    Wholes(Vec<i64>),
}

impl Numbers {
    fn of(node: &NodeProto, what: &str) -> TractResult<Numbers> {
        if let Some(wholes) = node.get_attr_opt_vec(&format!("{what}_int64s"))? {
            return Ok(Numbers::Wholes(wholes));
        }
        let fractions = node.get_attr_opt_vec(&format!("{what}_floats"))?;
        let fractions = fractions.with_context(|| {
            format!("its {what} are neither i64 nor f32, which is not supported")
        })?;
        Ok(Numbers::Fractions(fractions))
    }

    fn len(&self) -> usize {
        match self {
            Numbers::Fractions(numbers) => numbers.len(),
            Numbers::Wholes(numbers) => numbers.len(),
        }
    }

    fn dtype(&self) -> DatumType {
        match self {
            Numbers::Fractions(_) => f32::datum_type(),
            Numbers::Wholes(_) => i64::datum_type(),
        }
    }
}

pub(in crate::model::onnx::ops) fn label_encoder(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let (keys, values) = (Numbers::of(node, "keys")?, Numbers::of(node, "values")?);
    ensure!(keys.len() == values.len(), "its keys do not fit its values");
    let other = match values {
        Numbers::Fractions(_) => {
            let other: Option<f32> = node.get_attr_opt("default_float")?;
            Numbers::Fractions(vec![other.unwrap_or(-0.0)])
        }
        Numbers::Wholes(_) => {
            let other: Option<i64> = node.get_attr_opt("default_int64")?;
            Numbers::Wholes(vec![other.unwrap_or(-1)])
        }
    };
    let encoder = Encoder {
        keys,
        values,
        other,
    };
    operator(node, encoder)
}

impl Encoder {
    /// Where the value of each number stands among the values, if it has one.
    fn places(&self, input: &Tensor) -> TractResult<Vec<Option<usize>>> {
        // The first of the same keys counts.
        Ok(match &self.keys {
            Numbers::Fractions(keys) => {
                let input = input.cast_to::<f32>()?;
                let input = input.try_as_plain_ram()?.as_slice::<f32>()?.iter();
                let place = |number: &f32| keys.iter().position(|key| key == number);
                input.map(place).collect()
            }
            Numbers::Wholes(keys) => {
                let input = input.cast_to::<i64>()?;
                let input = input.try_as_plain_ram()?.as_slice::<i64>()?.iter();
                let place = |number: &i64| keys.iter().position(|key| key == number);
                input.map(place).collect()
            }
        })
    }
}

impl Kernel for Encoder {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let shape = required(inputs, 0)?.shape.clone();
        Ok(vec![self.values.dtype().fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let places = self.places(input)?;
        Ok(vec![match (&self.values, &self.other) {
            (Numbers::Wholes(values), Numbers::Wholes(other)) => {
                taken(input.shape(), &places, values, other)?
            }
            (Numbers::Fractions(values), Numbers::Fractions(other)) => {
                taken(input.shape(), &places, values, other)?
            }
            _ => bail!("its default is of another dtype"),
        }])
    }
}

fn taken<T: Datum + Copy>(
    shape: &[usize],
    places: &[Option<usize>],
    values: &[T],
    other: &[T],
) -> TractResult<Tensor> {
    let taken = places
        .iter()
        .filter_map(|place| match place {
            Some(at) => values.get(*at),
            None => other.first(),
        })
        .copied()
        .collect::<Vec<T>>();
    Tensor::from_shape(shape, &taken)
}
