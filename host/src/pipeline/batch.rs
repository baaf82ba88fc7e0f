//! What of several requests is run by a model at once: which of them fit together, and how their rows are joined and given back.
//! Must not know who waits, nor for how long.

use crate::model::{Error, Model};
use crate::tensor::{NamedTensor, Tensor};

/// Rows times length of a run beyond which a larger one is no faster a row.
const SATURATION: usize = 384;

/// A padded run may compute so many times what was asked for, in quarters.
const PADDED_QUARTERS: usize = 5;

/// Whether requests may share a run of the model, as its self-check has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batching {
    /// Each runs alone.
    Off {
        /// Why.
        reason: String,
    },
    /// Rows of several requests run together.
    On(Joining),
}

/// How rows are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// No more rows than these run at once, unless one request's cannot be split.
    pub most_rows: usize,
    /// Whether only powers of two run, because each number of rows takes a plan of its own.
    pub in_powers: bool,
    /// Rows of other lengths are filled up with zeros; or why they are not.
    pub padding: Result<Padding, String>,
}

/// Which axes are filled up, and cut again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Of each input in the file's order: the axis that is as long as the request.
    pub inputs: Vec<Option<usize>>,
    /// Of each output: the axes that are as long.
    pub outputs: Vec<Vec<usize>>,
}

/// Rows of one request.
#[derive(Clone, Debug)]
pub struct Piece {
    /// In the file's order, as the signature has arranged them.
    inputs: Vec<NamedTensor>,
    rows: usize,
    length: usize,
    /// The inputs' shapes without what may differ between pieces that are joined; none where it is not to be joined.
    form: Option<Vec<Vec<usize>>>,
}

impl Piece {
    /// Of the request's rows, those that it holds.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The length to which others may have to be filled up; 1 where there is none.
    pub fn length(&self) -> usize {
        self.length
    }

    /// How much it asks for.
    pub fn size(&self) -> usize {
        self.rows * self.length
    }
}

impl Batching {
    /// No more rows than these run at once, unless one request's cannot be split.
    pub fn most_rows(&self) -> usize {
        match self {
            Batching::On(joining) => joining.most_rows,
            Batching::Off { .. } => 1,
        }
    }

    /// One piece of a request's `inputs`, or so many that none is larger than a run should be, and at least `parts` where
    /// there are rows enough.
    pub(super) fn split(&self, inputs: Vec<NamedTensor>, parts: usize) -> Vec<Piece> {
        let joining = match self {
            Batching::On(joining) => joining,
            Batching::Off { .. } => return vec![Piece::whole(inputs)],
        };
        let whole = joining.piece(inputs);
        let fair = whole.rows.div_ceil(parts.max(1));
        let most = joining
            .most_rows
            .min(fair)
            .min((SATURATION / whole.length).max(1));
        if whole.form.is_none() || whole.rows <= most {
            return vec![whole];
        }
        let starts = (0..whole.rows).step_by(most);
        let pieces = starts.map(|start| whole.part(start..(start + most).min(whole.rows)));
        pieces.collect()
    }
}

impl Piece {
    /// Of a request that runs alone.
    fn whole(inputs: Vec<NamedTensor>) -> Piece {
        let rows = inputs.iter().filter_map(|input| input.tensor.rows()).max();
        Piece {
            inputs,
            rows: rows.unwrap_or(1).max(1),
            length: 1,
            form: None,
        }
    }

    fn part(&self, rows: std::ops::Range<usize>) -> Piece {
        let part = |input: &NamedTensor| {
            let inner = &input.tensor.shape()[1..];
            input.with(input.tensor.part(rows.clone(), inner))
        };
        Piece {
            inputs: self.inputs.iter().map(part).collect(),
            rows: rows.len(),
            length: self.length,
            form: self.form.clone(),
        }
    }
}

impl Joining {
    /// A request's rows as one piece.
    pub(super) fn piece(&self, inputs: Vec<NamedTensor>) -> Piece {
        let rows = inputs.first().and_then(|input| input.tensor.rows());
        let rows = rows.unwrap_or(0);
        let axis = |index: usize| self.padding.as_ref().ok()?.inputs.get(index).copied()?;
        let sizes =
            |(index, input): (usize, &NamedTensor)| Some(input.tensor.shape()[axis(index)?]);
        let mut lengths = inputs.iter().enumerate().filter_map(sizes);
        let length = lengths.next().unwrap_or(1);
        let is_even = lengths.all(|other| other == length)
            && rows > 0
            && length > 0
            && inputs.iter().all(|input| input.tensor.rows() == Some(rows));
        let form = |(index, input): (usize, &NamedTensor)| {
            let mut shape = input.tensor.shape().to_vec();
            shape[0] = 0;
            if let Some(axis) = axis(index) {
                shape[axis] = 0;
            }
            shape
        };
        if !is_even {
            return Piece::whole(inputs);
        }
        Piece {
            form: Some(inputs.iter().enumerate().map(form).collect()),
            inputs,
            rows,
            length,
        }
    }

    /// Whether `next` may run with `pieces`, of which there is one at least: nothing is larger than a run should be, and
    /// filling up costs less than a run of its own.
    pub fn fits(&self, pieces: &[&Piece], next: &Piece) -> bool {
        let Some(first) = pieces.first() else {
            return true;
        };
        if next.form.is_none() || next.form != first.form {
            return false;
        }
        let all = || pieces.iter().copied().chain([next]);
        let rows: usize = all().map(Piece::rows).sum();
        let length = all().map(Piece::length).max().unwrap_or(1);
        let asked: usize = all().map(Piece::size).sum();
        let run = rows * length;
        rows <= self.most_rows && run <= SATURATION && run * 4 <= asked * PADDED_QUARTERS
    }

    /// How many of `pieces`, counted from the first, a run may take; one at least.
    pub fn taken(&self, pieces: &[&Piece]) -> usize {
        if !self.in_powers {
            return pieces.len();
        }
        let mut rows = 0;
        let mut taken = 1;
        for (index, piece) in pieces.iter().enumerate() {
            rows += piece.rows;
            if rows.is_power_of_two() {
                taken = index + 1;
            }
        }
        taken
    }
}

/// Runs `pieces` together, and gives each the outputs of its rows.
/// Where that fails each is run alone, so that nobody is refused for what another has sent.
pub(super) fn run(
    model: &Model,
    batching: &Batching,
    mut pieces: Vec<Piece>,
    threads: usize,
) -> Vec<Result<Vec<NamedTensor>, Error>> {
    let alone = |piece: Piece| model.run_arranged(piece.inputs, threads);
    if pieces.len() == 1 {
        return pieces.pop().map(alone).into_iter().collect();
    }
    if let Batching::On(joining) = batching
        && let Some(outputs) = joining.together(model, &pieces, threads)
    {
        return outputs.into_iter().map(Ok).collect();
    }
    pieces.into_iter().map(alone).collect()
}

impl Joining {
    /// One run for all, and the outputs of each; none where it fails or gives something else than the rows that went in.
    pub(super) fn together(
        &self,
        model: &Model,
        pieces: &[Piece],
        threads: usize,
    ) -> Option<Vec<Vec<NamedTensor>>> {
        let joined = self.joined(pieces)?;
        let outputs = model.run_arranged(joined, threads).ok()?;
        self.given_back(pieces, &outputs)
    }

    pub(super) fn joined(&self, pieces: &[Piece]) -> Option<Vec<NamedTensor>> {
        let parts: Vec<&[NamedTensor]> = pieces.iter().map(|piece| &*piece.inputs).collect();
        stacked(&parts)
    }

    pub(super) fn given_back(
        &self,
        pieces: &[Piece],
        outputs: &[NamedTensor],
    ) -> Option<Vec<Vec<NamedTensor>>> {
        let rows: usize = pieces.iter().map(Piece::rows).sum();
        if outputs
            .iter()
            .any(|output| output.tensor.rows() != Some(rows))
        {
            return None;
        }
        let mut start = 0;
        let mut given = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let end = start + piece.rows;
            let part = |(index, output): (usize, &NamedTensor)| {
                let mut inner = output.tensor.shape()[1..].to_vec();
                let padding = self.padding.as_ref().ok();
                let axes = padding.and_then(|it| it.outputs.get(index));
                for axis in axes.into_iter().flatten() {
                    inner[axis - 1] = piece.length;
                }
                output.with(output.tensor.part(start..end, &inner))
            };
            given.push(outputs.iter().enumerate().map(part).collect());
            start = end;
        }
        Some(given)
    }
}

/// The outputs of a request whose pieces ran on their own.
pub(super) fn reunited(mut parts: Vec<Vec<NamedTensor>>) -> Option<Vec<NamedTensor>> {
    if parts.len() == 1 {
        return parts.pop();
    }
    let parts: Vec<&[NamedTensor]> = parts.iter().map(|part| &**part).collect();
    stacked(&parts)
}

/// The rows of all of `parts`, tensor by tensor.
fn stacked(parts: &[&[NamedTensor]]) -> Option<Vec<NamedTensor>> {
    let stack = |(index, named): (usize, &NamedTensor)| {
        let rows: Vec<&Tensor> = parts.iter().map(|part| &part[index].tensor).collect();
        Some(named.with(Tensor::stacked(&rows)?))
    };
    parts.first()?.iter().enumerate().map(stack).collect()
}
