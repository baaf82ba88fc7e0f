//! What the model between the stages takes and gives.
//! Must not know the generated bindings, nor what any tensor means.

/// The model's tensors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// What it takes.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
}

/// One tensor of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// As [`Data::dtype`](crate::Data::dtype) spells it.
    pub dtype: String,
    /// `None` in it is a size that a request decides; `None` as a whole where the file does not say.
    pub shape: Option<Vec<Option<u32>>>,
}

impl Signature {
    /// The input called `name`.
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output called `name`.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

impl Port {
    /// The number of axes, where the file says it.
    pub fn rank(&self) -> Option<usize> {
        self.shape.as_ref().map(Vec::len)
    }

    /// The fixed size of an axis; `None` where a request decides it or the file does not say.
    pub fn fixed(&self, axis: usize) -> Option<u32> {
        *self.shape.as_ref()?.get(axis)?
    }
}
