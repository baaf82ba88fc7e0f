//! What a configuration accepts, as a JSON Schema for the host's checks, its form and its OpenAPI.
//! Says nothing that `request` does not enforce too.

use crate::plan::Plan;
use modelhost_plugin::Description;
use serde_json::{Value, json};

/// Eight by eight pixels of sky over grass, as a PNG.
const EXAMPLE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAI0lEQVR42mOMWvCMARtg4WFjoLnEpis+DP8YMBETAw6AUwIA0gkLBquOrQYAAAAASUVORK5CYII=";

/// Of the request's `inputs`; the bodies are pictures too.
pub(crate) fn description(plan: &Plan) -> Description {
    Description {
        // The second is what clients say that do not look at what they send.
        media_types: vec!["image/*".to_owned(), "application/octet-stream".to_owned()],
        inputs: Some(inputs(plan).to_string()),
        parameters: None,
        outputs: None,
    }
}

/// One picture or a list of them, without `anyOf`, so that an error points at the picture that is wrong.
fn inputs(plan: &Plan) -> Value {
    let megapixels = f64::from(plan.limits.max_pixels) / 1e6;
    let picture = json!({
        "title": "Picture",
        "description": format!(
            "A JPEG, a PNG or a WebP of at most {megapixels} million pixels, as base64 or as a data URI."
        ),
        "type": "string",
        "minLength": 1,
        "contentEncoding": "base64",
        "contentMediaType": "image/*",
        "x-ui": {
            "widget": "image",
            "help": format!("A JPEG, a PNG or a WebP of at most {megapixels} million pixels."),
            "max_pixels": plan.limits.max_pixels,
        },
    });
    let mut inputs = picture.clone();
    inputs["type"] = json!(["string", "array"]);
    inputs["items"] = picture;
    inputs["minItems"] = json!(1);
    inputs["maxItems"] = json!(plan.max_items);
    inputs["examples"] = json!([EXAMPLE]);
    inputs
}
