//! Which of a repo's files is the model.
//! Must not know what is inside of any of them.

use super::{Error, Guess, Place};
use crate::manifest::Source;
use crate::source::{self, HubSettings, Listed, OnProgress, Request};

/// Where exporters put the model, the likeliest first.
const USUAL: [&str; 2] = ["onnx/model.onnx", "model.onnx"];

/// What the names of models have in them that stand beside the plain one: quantised, halved, optimised.
const VARIANTS: [&str; 13] = [
    "quant", "int8", "uint8", "qint8", "q4", "q8", "bnb4", "fp16", "float16", "_o1", "_o2", "_o3",
    "_o4",
];

/// The chosen file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Which, and why.
    pub(super) file: Guess<String>,
    /// The ONNX files beside it.
    pub(super) others: Vec<String>,
}

impl Choice {
    fn of(file: &str, from: &str, onnx: &[&str]) -> Choice {
        let others = onnx.iter().filter(|other| **other != file);
        Choice {
            file: Guess::new(file.to_owned(), from),
            others: others.map(|other| (*other).to_owned()).collect(),
        }
    }
}

/// The file that was `asked` for, else the likeliest.
pub(super) fn choose(
    place: &Place,
    files: &[Listed],
    asked: Option<&str>,
) -> Result<Choice, Error> {
    let onnx: Vec<&str> = files
        .iter()
        .map(|listed| listed.file.as_str())
        .filter(|file| file.ends_with(".onnx"))
        .collect();
    match asked {
        Some(asked) if files.iter().any(|listed| listed.file == asked) => {
            Ok(Choice::of(asked, "as asked for", &onnx))
        }
        Some(asked) => Err(Error::NoSuchFile {
            place: place.to_string(),
            file: asked.to_owned(),
            onnx: onnx.iter().map(|file| (*file).to_owned()).collect(),
        }),
        None => likeliest(place, files, &onnx),
    }
}

fn likeliest(place: &Place, files: &[Listed], onnx: &[&str]) -> Result<Choice, Error> {
    if let Some(usual) = USUAL.iter().find(|usual| onnx.contains(usual)) {
        return Ok(Choice::of(usual, "the usual name", onnx));
    }
    let plain: Vec<&str> = onnx
        .iter()
        .copied()
        .filter(|file| !is_variant(file))
        .collect();
    match (onnx, plain.as_slice()) {
        ([], _) if has_weights(files) => Err(Error::NoOnnx {
            place: place.clone(),
        }),
        ([], _) => Err(Error::NoWeights {
            place: place.to_string(),
            files: files.iter().map(|listed| listed.file.clone()).collect(),
        }),
        ([only], _) => Ok(Choice::of(only, "the only ONNX file", onnx)),
        (_, [only]) => Ok(Choice::of(
            only,
            "the only one that is not quantised or optimised",
            onnx,
        )),
        (several, _) if are_halves(several) => Err(Error::Halves {
            place: place.to_string(),
            files: several.iter().map(|file| (*file).to_owned()).collect(),
        }),
        (several, _) => Err(Error::SeveralOnnx {
            place: place.to_string(),
            files: several.iter().map(|file| (*file).to_owned()).collect(),
        }),
    }
}

fn is_variant(file: &str) -> bool {
    let name = file.to_lowercase();
    VARIANTS.iter().any(|variant| name.contains(variant))
}

/// What weights are kept in that an exporter reads.
const WEIGHTS: [&str; 8] = [
    ".safetensors",
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".h5",
    ".keras",
    ".msgpack",
];

fn has_weights(files: &[Listed]) -> bool {
    let is_kept = |listed: &Listed| WEIGHTS.iter().any(|end| listed.file.ends_with(end));
    files.iter().any(is_kept)
}

/// Whether the files are the halves of a model that reads with one and writes with the other.
fn are_halves(onnx: &[&str]) -> bool {
    let begins = |half: &str| {
        let mut names = onnx.iter().filter_map(|file| file.rsplit('/').next());
        names.any(|name| name.starts_with(half))
    };
    begins("encoder") && begins("decoder")
}

/// The same for a hub without listings: the usual names are tried.
pub(super) async fn probe(
    place: &Place,
    source: &Source,
    asked: Option<&str>,
    hub: &HubSettings,
    on_progress: &OnProgress<'_>,
) -> Result<Choice, Error> {
    if let Some(asked) = asked {
        return Ok(Choice::of(asked, "as asked for", &[]));
    }
    for file in USUAL {
        let request = Request {
            file,
            required: false,
            sha256: None,
        };
        let fetched = source::fetch(source, &[request], hub, on_progress).await?;
        if !fetched.artifacts.is_empty() {
            let from = "the usual name; this hub lists no files, so there may be others";
            return Ok(Choice::of(file, from, &[]));
        }
    }
    Err(Error::NoUsualOnnx {
        place: place.to_string(),
        tried: USUAL.join("`, `"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn choice(files: &[&str], asked: Option<&str>) -> Result<Choice, String> {
        let place = Place::Folder {
            path: PathBuf::from("m"),
            file: None,
        };
        let listed = files.iter().map(|file| Listed {
            file: (*file).to_owned(),
            bytes: 1,
        });
        choose(&place, &listed.collect::<Vec<_>>(), asked).map_err(|error| error.to_string())
    }

    fn chosen(files: &[&str]) -> String {
        choice(files, None).expect("a choice").file.value
    }

    #[test]
    fn the_usual_names_win_over_their_variants() {
        let files = ["model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx"];
        let choice = choice(&files, None).expect("a choice");
        assert_eq!(choice.file.value, "onnx/model.onnx");
        assert_eq!(choice.others, ["model.onnx", "onnx/model_quantized.onnx"]);
        assert_eq!(chosen(&["a.txt", "model.onnx", "net.onnx"]), "model.onnx");
    }

    #[test]
    fn the_only_one_and_the_only_plain_one_are_chosen() {
        assert_eq!(chosen(&["README.md", "model_int8.onnx"]), "model_int8.onnx");
        assert_eq!(
            chosen(&["net.onnx", "net_fp16.onnx", "net_O2.onnx"]),
            "net.onnx"
        );
    }

    #[test]
    fn several_files_are_named_and_left_to_the_caller() {
        let files = ["first.onnx", "second.onnx"];
        let text = choice(&files, None).expect_err("no choice");
        assert!(text.contains("--file: first.onnx, second.onnx"), "{text}");
        let asked = choice(&files, Some("second.onnx")).expect("a choice");
        assert_eq!(asked.file.value, "second.onnx");
        let text = choice(&files, Some("x.onnx")).expect_err("no such file");
        assert!(text.contains("has no file `x.onnx`"), "{text}");
    }

    #[test]
    fn an_encoder_with_its_decoder_is_said_not_to_be_served() {
        let files = ["onnx/encoder_model.onnx", "onnx/decoder_model.onnx"];
        let text = choice(&files, None).expect_err("no choice");
        assert!(text.contains("such pairs are not served"), "{text}");
        let asked = choice(&files, Some(files[0])).expect("a choice");
        assert_eq!(asked.file.value, files[0]);
    }

    #[test]
    fn an_export_is_proposed_only_where_there_are_weights() {
        let text = choice(&["config.json", "model.safetensors"], None).expect_err("no model");
        assert!(text.contains("optimum-cli"), "{text}");
        for files in [&["tokenizer.json"][..], &[]] {
            let text = choice(files, None).expect_err("no model");
            assert!(text.contains("nor weights"), "{text}");
            assert!(!text.contains("optimum-cli"), "{text}");
        }
    }
}
