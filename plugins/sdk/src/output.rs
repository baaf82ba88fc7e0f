//! Which output of a model a stage reads: the one that its configuration names, else the one that fits.
//! Must not know what the output means; the stage says which names are usual.

use crate::error::Invalid;
use crate::float::is_float;
use crate::signature::{Port, Signature};

/// What a stage looks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What such outputs are usually called, the likeliest first.
    pub names: &'a [&'a str],
    /// What each axis is, for messages: `["rows", "classes"]`.
    pub axes: &'a [&'a str],
}

impl Wanted<'_> {
    /// The name of the output to read. `written` is the configuration's field `tensor`.
    ///
    /// Where nothing is known of the model, it is what is written, else the likeliest name.
    pub fn choose(&self, model: &Signature, written: Option<String>) -> Result<String, Invalid> {
        let wrong = |message: String| Err(Invalid::at("/tensor", message));
        if let Some(name) = written {
            return match model.output(&name) {
                _ if model.outputs.is_empty() => Ok(name),
                Some(port) if self.fits(port) => Ok(name),
                Some(port) => wrong(format!(
                    "`{}` is {}; it must be floats [{}]",
                    port.name,
                    describe(port),
                    self.axes.join(", ")
                )),
                None => wrong(format!(
                    "the model has no output `{name}`; it has: {}",
                    list(model)
                )),
            };
        }
        if let Some(port) = self.find(model) {
            return Ok(port.name.clone());
        }
        match self.names.first() {
            Some(name) if model.outputs.is_empty() => Ok((*name).to_owned()),
            _ => wrong(format!(
                "is missing: name the output that is floats [{}]; the model has: {}",
                self.axes.join(", "),
                list(model)
            )),
        }
    }

    /// An output with a usual name, else the only one that fits.
    pub fn find<'m>(&self, model: &'m Signature) -> Option<&'m Port> {
        let mut named = self.names.iter().filter_map(|name| model.output(name));
        if let Some(port) = named.find(|port| self.fits(port)) {
            return Some(port);
        }
        let mut fitting = model.outputs.iter().filter(|port| self.fits(port));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Whether an output may be what is wanted, as far as the file says.
    pub fn fits(&self, port: &Port) -> bool {
        is_float(&port.dtype) && port.rank().is_none_or(|rank| rank == self.axes.len())
    }
}

/// Every output as `name dtype [shape]`.
fn list(model: &Signature) -> String {
    let ports = model
        .outputs
        .iter()
        .map(|port| format!("{} {}", port.name, describe(port)));
    ports.collect::<Vec<_>>().join(", ")
}

/// `f32 [?, 2]`
fn describe(port: &Port) -> String {
    let Some(shape) = &port.shape else {
        return port.dtype.clone();
    };
    let axis = |axis: &Option<u32>| axis.map_or_else(|| "?".to_owned(), |size| size.to_string());
    let shape: Vec<String> = shape.iter().map(axis).collect();
    format!("{} [{}]", port.dtype, shape.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: Wanted<'_> = Wanted {
        names: &["logits"],
        axes: &["rows", "classes"],
    };

    fn port(name: &str, dtype: &str, shape: Option<&[Option<u32>]>) -> Port {
        Port {
            name: name.into(),
            dtype: dtype.into(),
            shape: shape.map(<[_]>::to_vec),
        }
    }

    fn model(outputs: &[Port]) -> Signature {
        Signature {
            inputs: Vec::new(),
            outputs: outputs.to_vec(),
        }
    }

    fn two_axes(name: &str) -> Port {
        port(name, "f32", Some(&[None, Some(2)]))
    }

    fn three_axes(name: &str) -> Port {
        port(name, "f32", Some(&[None, None, Some(2)]))
    }

    #[test]
    fn the_usual_name_wins_and_else_the_only_output_that_fits() {
        let choose = |outputs: &[Port]| LOGITS.choose(&model(outputs), None);
        assert_eq!(
            choose(&[two_axes("other"), two_axes("logits")]),
            Ok("logits".into())
        );
        assert_eq!(
            choose(&[
                three_axes("hidden"),
                port("ids", "s64", None),
                two_axes("y")
            ]),
            Ok("y".into())
        );
        assert_eq!(choose(&[port("y", "f16", None)]), Ok("y".into()));
        assert_eq!(choose(&[]), Ok("logits".into()));
    }

    #[test]
    fn where_no_output_or_more_than_one_fits_the_manifest_must_name_it() {
        let refusal = |outputs: &[Port], written: Option<&str>| {
            LOGITS
                .choose(&model(outputs), written.map(str::to_owned))
                .expect_err("must be refused")
                .to_string()
        };
        assert_eq!(
            refusal(&[two_axes("a"), port("b", "f16", None)], None),
            "/tensor: is missing: name the output that is floats [rows, classes]; the model has: a f32 [?, 2], b f16"
        );
        assert!(refusal(&[three_axes("logits")], None).contains("is missing"));
        assert_eq!(
            refusal(&[three_axes("a")], Some("a")),
            "/tensor: `a` is f32 [?, ?, 2]; it must be floats [rows, classes]"
        );
        assert_eq!(
            refusal(&[two_axes("a")], Some("logits")),
            "/tensor: the model has no output `logits`; it has: a f32 [?, 2]"
        );
    }
}
