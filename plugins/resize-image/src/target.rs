//! The tensor that pictures go into, as the model's signature has it.
//! Knows no steps; only how many of what it takes.

use crate::config::{Layout, Written};
use modelhost_plugin::{Invalid, Port, Signature};

/// One input of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) tensor: String,
    pub(crate) dtype: Dtype,
    pub(crate) layout: Layout,
    /// 3, or 1 for grey.
    pub(crate) channels: u32,
    /// What the signature fixes; `None` is decided by a request.
    pub(crate) batch: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) width: Option<u32>,
}

/// The dtypes that a pixel can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    F32,
    F64,
    F16,
    Bf16,
    U8,
}

impl Dtype {
    /// Bytes of one element.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::U8 => 1,
        }
    }
}

impl Target {
    /// The input that the configuration names or that the model must mean.
    pub(crate) fn find(written: &Written, model: &Signature) -> Result<Self, Invalid> {
        let Some(port) = port(written.tensor.as_deref(), model)? else {
            return Ok(Self {
                tensor: written
                    .tensor
                    .clone()
                    .unwrap_or_else(|| "pixel_values".into()),
                dtype: Dtype::F32,
                layout: written.layout.unwrap_or(Layout::Nchw),
                channels: written.channels.unwrap_or(3),
                batch: None,
                height: None,
                width: None,
            });
        };
        let dtype = match port.dtype.as_str() {
            "f32" => Dtype::F32,
            "f64" => Dtype::F64,
            "f16" => Dtype::F16,
            "bf16" => Dtype::Bf16,
            "u8" => Dtype::U8,
            other => {
                return Err(Invalid::at(
                    "/tensor",
                    format!(
                        "`{}` is {other}; pictures become f32, f64, f16, bf16 or u8",
                        port.name
                    ),
                ));
            }
        };
        if let Some(rank) = port.rank().filter(|rank| *rank != 4) {
            return Err(Invalid::at(
                "/tensor",
                format!(
                    "`{}` has {rank} axes; pictures need 4: batch, channels, height and width",
                    port.name
                ),
            ));
        }
        let may_be = |axis: usize| port.fixed(axis).is_none_or(|size| size == 1 || size == 3);
        let says = |axis: usize| may_be(axis) && port.fixed(axis).is_some();
        let layout = written.layout.unwrap_or(match says(3) && !says(1) {
            true => Layout::Nhwc,
            false => Layout::Nchw,
        });
        let [channels, height, width] = match layout {
            Layout::Nchw => [1, 2, 3],
            Layout::Nhwc => [3, 1, 2],
        }
        .map(|axis| port.fixed(axis));
        Ok(Self {
            tensor: port.name.clone(),
            dtype,
            layout,
            channels: channels_of(&port.name, channels, written.channels)?,
            batch: port.fixed(0),
            height,
            width,
        })
    }
}

/// `None` where there is no model to ask.
fn port<'a>(named: Option<&str>, model: &'a Signature) -> Result<Option<&'a Port>, Invalid> {
    let names = || {
        let names: Vec<_> = model.inputs.iter().map(|port| port.name.as_str()).collect();
        names.join(", ")
    };
    if model.inputs.is_empty() {
        return Ok(None);
    }
    let pictures = || {
        let mut found = model.inputs.iter().filter(|port| port.rank() == Some(4));
        found.next().filter(|_| found.next().is_none())
    };
    let port = match (named, model.inputs.as_slice()) {
        (Some(name), _) => model.input(name),
        (None, [only]) => Some(only),
        (None, _) => model.input("pixel_values").or_else(pictures),
    };
    let Some(port) = port else {
        return Err(Invalid::at(
            "/tensor",
            format!(
                "must name the model's input for pictures; it has: {}",
                names()
            ),
        ));
    };
    if model.inputs.len() > 1 {
        return Err(Invalid::at(
            "/tensor",
            format!(
                "resize-image fills one tensor, and the model takes more: {}; use an export with the vision part alone",
                names()
            ),
        ));
    }
    Ok(Some(port))
}

fn channels_of(name: &str, fixed: Option<u32>, written: Option<u32>) -> Result<u32, Invalid> {
    match (fixed, written) {
        (Some(fixed), Some(written)) if fixed != written => Err(Invalid::at(
            "/channels",
            format!("is {written}, but `{name}` has {fixed}"),
        )),
        (Some(fixed), _) if fixed != 1 && fixed != 3 => Err(Invalid::at(
            "/layout",
            format!("`{name}` would have {fixed} channels; pictures have 3, or 1 in grey"),
        )),
        (fixed, written) => Ok(fixed.or(written).unwrap_or(3)),
    }
}
