//! Which input of the model gets what, and how large it is.
//! Knows tensors by their names and dtypes, and no texts.

use crate::config::Names;
use modelhost_plugin::{Data, Error, Port, Result, Signature, Tensor};

/// What an input wants to know of each token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Ids,
    /// 1 for a token, 0 for padding.
    Mask,
    /// 1 for the second text of a pair, as the tokenizer says.
    Types,
    /// Counted from the first token on.
    Positions,
}

impl Role {
    const ALL: [Self; 4] = [Self::Ids, Self::Mask, Self::Types, Self::Positions];

    /// The key of `tensors` in the configuration.
    fn key(self) -> &'static str {
        match self {
            Self::Ids => "ids",
            Self::Mask => "mask",
            Self::Types => "types",
            Self::Positions => "positions",
        }
    }

    /// What models call it; the first is what most do.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Ids => &[
                "input_ids",
                "input",
                "inputs",
                "ids",
                "tokens",
                "token_ids",
                "input_word_ids",
            ],
            Self::Mask => &["attention_mask", "mask", "input_mask"],
            Self::Types => &[
                "token_type_ids",
                "segment_ids",
                "type_ids",
                "input_type_ids",
            ],
            Self::Positions => &["position_ids", "positions"],
        }
    }

    fn named(self, names: &Names) -> Option<&String> {
        match self {
            Self::Ids => names.ids.as_ref(),
            Self::Mask => names.mask.as_ref(),
            Self::Types => names.types.as_ref(),
            Self::Positions => names.positions.as_ref(),
        }
    }
}

/// The dtypes that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dtype {
    S64,
    S32,
    F32,
    F64,
    Boolean,
}

/// One input of the model.
#[derive(Debug)]
pub(crate) struct Input {
    name: String,
    pub(crate) role: Role,
    dtype: Dtype,
}

/// All of them, and the axes that are fixed.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) inputs: Vec<Input>,
    /// Whether the model takes one row at a time.
    pub(crate) single: bool,
    /// How long every row must be.
    pub(crate) length: Option<usize>,
}

impl Inputs {
    /// Gives each input of the model its role; one that has none is an error that names it.
    pub(crate) fn new(names: &Names, model: &Signature) -> Result<Self> {
        if model.inputs.is_empty() {
            return Ok(Self::usual(names));
        }
        for role in Role::ALL {
            if let Some(name) = role.named(names)
                && model.input(name).is_none()
            {
                return Err(modelhost_plugin::Invalid::at(
                    format!("/tensors/{}", role.key()),
                    format!("the model has no input `{name}`; it has: {}", list(model)),
                )
                .into());
            }
        }
        let roles = Role::ALL.map(|role| find(role, names, model));
        let mut found = Self {
            inputs: Vec::new(),
            single: false,
            length: None,
        };
        for port in &model.inputs {
            let role = Role::ALL
                .into_iter()
                .zip(&roles)
                .find(|(_, found)| found.is_some_and(|found| found.name == port.name));
            let Some((role, _)) = role else {
                return Err(Error::internal(format!(
                    "tokenize-text cannot make the model's input `{}`; it makes {}, under these names or those in the configuration's `tensors`",
                    port.name,
                    Role::ALL.map(|role| role.names()[0]).join(", ")
                )));
            };
            found.inputs.push(Input::new(port, role)?);
            found.fix(port)?;
        }
        if !found.inputs.iter().any(|input| input.role == Role::Ids) {
            return Err(Error::internal(format!(
                "the model takes no token ids: its inputs are {}; name the right one as `tensors.ids` in the configuration",
                list(model)
            )));
        }
        Ok(found)
    }

    /// Those that most models have, where the stage is tried without a model.
    fn usual(names: &Names) -> Self {
        let input = |role: Role| Input {
            name: role
                .named(names)
                .map_or(role.names()[0], String::as_str)
                .to_owned(),
            role,
            dtype: Dtype::S64,
        };
        Self {
            inputs: vec![input(Role::Ids), input(Role::Mask)],
            single: false,
            length: None,
        }
    }

    /// Reads the fixed axes of one input.
    fn fix(&mut self, port: &Port) -> Result<()> {
        let wrong = |what: String| Err(Error::internal(format!("input `{}` {what}", port.name)));
        if let Some(axes) = port.rank()
            && axes != 2
        {
            return wrong(format!(
                "has {axes} axes; tokenize-text makes tensors of two, rows and tokens"
            ));
        }
        match port.fixed(0) {
            None => {}
            Some(1) => self.single = true,
            Some(rows) => {
                return wrong(format!(
                    "takes exactly {rows} rows; tokenize-text needs a model that takes one, or any number"
                ));
            }
        }
        if let Some(length) = port.fixed(1) {
            let length = length as usize;
            match self.length {
                Some(other) if other != length => {
                    return wrong(format!("takes {length} tokens and another input {other}"));
                }
                _ => self.length = Some(length),
            }
        }
        Ok(())
    }
}

/// The input with this role: the configured one, else one by its usual name, else the only one there is.
fn find<'a>(role: Role, names: &Names, model: &'a Signature) -> Option<&'a Port> {
    if let Some(name) = role.named(names) {
        return model.input(name);
    }
    let taken = |port: &Port| {
        Role::ALL
            .iter()
            .any(|role| role.named(names) == Some(&port.name))
    };
    let free = || model.inputs.iter().filter(|port| !taken(port));
    let usual = role.names().iter();
    let by_name = usual
        .filter_map(|name| free().find(|port| plain(&port.name) == *name))
        .next();
    match model.inputs.as_slice() {
        [only] if role == Role::Ids => by_name.or(Some(only)),
        _ => by_name,
    }
}

/// A name without what TensorFlow puts around it: `serving_default_input_ids:0`.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("serving_default_").unwrap_or(name);
    name.strip_suffix(":0").unwrap_or(name)
}

fn list(model: &Signature) -> String {
    let names: Vec<_> = model.inputs.iter().map(|port| port.name.as_str()).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

impl Input {
    fn new(port: &Port, role: Role) -> Result<Self> {
        let dtype = match port.dtype.as_str() {
            "s64" => Dtype::S64,
            "s32" => Dtype::S32,
            "f32" => Dtype::F32,
            "f64" => Dtype::F64,
            "boolean" if role == Role::Mask => Dtype::Boolean,
            other => {
                return Err(Error::internal(format!(
                    "input `{}` is {other}; tokenize-text makes s64, s32, f32 and f64, and a boolean attention_mask",
                    port.name
                )));
            }
        };
        Ok(Self {
            name: port.name.clone(),
            role,
            dtype,
        })
    }

    /// The tensor of `rows` rows, all `values` in order.
    pub(crate) fn tensor(
        &self,
        rows: usize,
        values: impl ExactSizeIterator<Item = u32>,
    ) -> (String, Tensor) {
        let shape = [rows, values.len().checked_div(rows).unwrap_or(0)];
        let tensor = match self.dtype {
            Dtype::S64 => Tensor::of(&shape, values.map(i64::from).collect()),
            // An id beyond 31 bits has no vocabulary.
            Dtype::S32 => Tensor::of(&shape, values.map(|value| value as i32).collect()),
            Dtype::F32 => Tensor::of(&shape, values.map(|value| value as f32).collect()),
            Dtype::F64 => Tensor::of(&shape, values.map(f64::from).collect()),
            Dtype::Boolean => {
                let Tensor { shape, .. } = Tensor::of::<u8>(&shape, vec![0; values.len()]);
                let data = Data::Boolean(values.map(|value| u8::from(value != 0)).collect());
                Tensor { shape, data }
            }
        };
        (self.name.clone(), tensor)
    }
}
