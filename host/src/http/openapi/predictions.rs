//! Predictions: each model's route with its own schemas, and the default model's.
//! Must not know what a task means.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Model, Served, parts};
use crate::chart::Format;
use crate::http::rows;
use crate::service::Service;
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";

pub(super) fn family(served: &Served) -> Family {
    let mut tags = Vec::new();
    let mut operations = Vec::new();
    let mut schemas = Vec::new();
    for model in &served.models {
        let name = &model.entry.name;
        let manifest = model.entry.manifest();
        tags.push((name.clone(), manifest.title.clone()));
        let (request, response) = bodies(model.service.as_deref());
        schemas.push((request_name(name), request));
        schemas.push((response_name(name), response));
        let about = manifest.description.as_deref().unwrap_or_default();
        let named = format!("/models/{name}");
        let summary = format!("Predict with {name}");
        let shorter = format!("{summary}, by a shorter path");
        let mut routes = vec![
            (
                format!("{named}/predict"),
                format!("predict_{name}"),
                summary.clone(),
            ),
            (named, format!("predict_{name}_short"), shorter.clone()),
        ];
        if model.is_default {
            let as_default = format!("{summary}, the default model");
            routes.push(("/predict".to_owned(), "predict".to_owned(), as_default));
            routes.push(("/".to_owned(), "predict_short".to_owned(), shorter));
        }
        for (path, id, summary) in routes {
            operations.push(operation(path, id, model, served).says(summary, about));
        }
    }
    Family {
        tags,
        operations,
        schemas,
    }
}

fn operation(path: String, id: String, model: &Model, served: &Served) -> Operation {
    let is_kept = !model.entry.manifest().cache.ttl.is_zero();
    let more: &[&str] = if is_kept { &["X-Cache"] } else { &[] };
    let operation = Operation::post(path, id)
        .tag(&model.entry.name)
        .body(taken(model))
        .refuses([Problem::NotAcceptable]);
    parts::call(served, operation, given(model), more)
}

/// What may be sent, by media type.
fn taken(model: &Model) -> Value {
    let name = &model.entry.name;
    let manifest = model.entry.manifest();
    let examples: Map<String, Value> = (1..)
        .zip(&manifest.examples)
        .map(|(number, example)| {
            let shown = json!({"summary": example.name, "value": example.request});
            (format!("example-{number}"), shown)
        })
        .collect();
    let mut json = json!({"schema": parts::schema(&request_name(name))});
    if !examples.is_empty() {
        json["examples"] = examples.into();
    }
    let mut content = Map::from_iter([(JSON.to_owned(), json)]);
    let types = model
        .service
        .as_ref()
        .map(|service| service.pipeline.media_types());
    for media_type in types.unwrap_or_default() {
        // The bytes as they are: nothing that a schema could say.
        content.entry(media_type).or_insert_with(|| json!({}));
    }
    for form in rows::FORMS {
        content.insert(form.essence().to_owned(), json!({}));
    }
    content.into()
}

/// What may come back, by media type.
fn given(model: &Model) -> Value {
    let reference = parts::schema(&response_name(&model.entry.name));
    let mut content = Map::from_iter([(JSON.to_owned(), json!({"schema": reference}))]);
    if model.service.as_ref().is_some_and(|service| service.draws) {
        for format in Format::ALL {
            content.insert(format.media_type().to_owned(), json!({}));
        }
    }
    for form in rows::FORMS {
        content.insert(form.essence().to_owned(), json!({}));
    }
    content.into()
}

/// The schemas of what is sent and what comes back; anything, for as long as a model has not said.
fn bodies(service: Option<&Service>) -> (Value, Value) {
    let Some(service) = service else {
        let unknown = json!({"description": "known once the model is loaded"});
        return (unknown.clone(), unknown);
    };
    let request = service.pipeline.schemas().request.clone();
    let response = crate::http::models::response_schema(service).clone();
    (bare(request), bare(response))
}

/// Without `$schema`: the document is of that draft as a whole.
fn bare(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}

fn request_name(model: &str) -> String {
    format!("{model}.request")
}

fn response_name(model: &str) -> String {
    format!("{model}.response")
}
