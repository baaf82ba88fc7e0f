//! A strided look at numbers that lie elsewhere: what slices, broadcasts and changes of axes come to.
//! Must not know what is computed from them.

use tract_onnx::prelude::TVec;

/// Axes that may be walked.
pub(super) const MOST_AXES: usize = 8;

/// Where numbers lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the region's inputs.
    Input(usize),
    Constants,
    /// One of its buffers.
    Slot(usize),
}

#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) place: Place,
    pub(super) start: usize,
    pub(super) shape: TVec<usize>,
    /// In numbers, zero where they are repeated.
    pub(super) strides: TVec<usize>,
}

impl View {
    /// All of them, row by row.
    pub(super) fn whole(place: Place, start: usize, shape: &[usize]) -> View {
        let mut strides: TVec<usize> = shape.iter().map(|_| 1).collect();
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        View {
            place,
            start,
            shape: shape.into(),
            strides,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether they lie row by row, without gaps.
    pub(super) fn is_whole(&self) -> bool {
        let natural = View::whole(self.place, self.start, &self.shape).strides;
        let axes = self.shape.iter().zip(self.strides.iter().zip(&natural));
        axes.filter(|(size, _)| **size > 1)
            .all(|(_, (stride, natural))| stride == natural)
    }

    /// Repeated to `shape`, whose last axes are these.
    pub(super) fn broadcast(&self, shape: &[usize]) -> View {
        let missing = shape.len() - self.shape.len();
        let kept = self.shape.iter().zip(&self.strides).zip(&shape[missing..]);
        let kept = kept.map(|((own, stride), size)| if own == size { *stride } else { 0 });
        let strides = std::iter::repeat_n(0, missing).chain(kept).collect();
        View {
            shape: shape.into(),
            strides,
            ..*self
        }
    }

    /// From `start` to before `end` of `axis`.
    pub(super) fn sliced(mut self, axis: usize, start: usize, end: usize) -> View {
        self.start += start * self.strides[axis];
        self.shape[axis] = end - start;
        self
    }

    pub(super) fn with_axis(mut self, axis: usize) -> View {
        self.shape.insert(axis, 1);
        self.strides.insert(axis, 0);
        self
    }

    pub(super) fn without_axis(mut self, axis: usize) -> View {
        self.shape.remove(axis);
        self.strides.remove(axis);
        self
    }

    pub(super) fn moved(mut self, from: usize, to: usize) -> View {
        let (size, stride) = (self.shape.remove(from), self.strides.remove(from));
        self.shape.insert(to, size);
        self.strides.insert(to, stride);
        self
    }
}

/// The fewest axes over which all of `strides` can be walked together; at least one.
pub(super) fn collapsed<const N: usize>(
    shape: &[usize],
    strides: [&[usize]; N],
) -> (TVec<usize>, [TVec<usize>; N]) {
    let mut dims: TVec<usize> = TVec::new();
    let mut kept: [TVec<usize>; N] = std::array::from_fn(|_| TVec::new());
    for (axis, size) in shape.iter().enumerate().filter(|(_, size)| **size != 1) {
        let continues = |(kept, strides): (&TVec<usize>, &&[usize])| {
            kept.last()
                .is_some_and(|last| *last == strides[axis] * size)
        };
        let merges = kept.iter().zip(&strides).all(continues);
        match dims.last_mut() {
            Some(last) if merges => {
                *last *= size;
                for (kept, strides) in kept.iter_mut().zip(&strides) {
                    kept.pop();
                    kept.push(strides[axis]);
                }
            }
            _ => {
                dims.push(*size);
                for (kept, strides) in kept.iter_mut().zip(&strides) {
                    kept.push(strides[axis]);
                }
            }
        }
    }
    if dims.is_empty() {
        dims.push(1);
        kept.iter_mut().for_each(|kept| kept.push(0));
    }
    (dims, kept)
}

/// Calls `row` with the place in each of N looks of every run of the last axis.
pub(super) fn walk<const N: usize>(
    dims: &[usize],
    strides: [&[usize]; N],
    mut at: [usize; N],
    mut row: impl FnMut([usize; N]),
) {
    let mut counts = [0; MOST_AXES];
    let outer = &dims[..dims.len() - 1];
    loop {
        row(at);
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            counts[axis] += 1;
            for (at, strides) in at.iter_mut().zip(strides) {
                *at += strides[axis];
            }
            if counts[axis] < outer[axis] {
                break;
            }
            counts[axis] = 0;
            for (at, strides) in at.iter_mut().zip(strides) {
                *at -= strides[axis] * outer[axis];
            }
        }
    }
}
