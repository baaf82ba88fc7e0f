//! What OpenAI's and KServe's clients ask under `/v1`, for the models that can answer it.
//! Must not know how their forms become requests.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Model, Served, parts};
use crate::http::dialect::Dialect;
use serde_json::{Value, json};

const TAG: &str = "OpenAI and KServe";

pub(super) fn family(served: &Served) -> Family {
    let mut operations = vec![
        Operation::get("/v1/models", "v1_models")
            .says("The models that answer", "")
            .speaks(Dialect::OpenAi)
            .answers(200, "The models.", named("ModelList"), &[]),
        Operation::get("/v1/timeseries/models", "v1_timeseries_models")
            .says("The models that forecast", "As KServe's client asks it.")
            .speaks(Dialect::Forecast)
            .answers(200, "Their names.", unexampled(names()), &[]),
    ];
    for model in &served.models {
        operations.extend(of_model(model, served));
    }
    let embedding = with_task(served, "feature-extraction");
    let forecasting = with_task(served, "time-series-forecasting");
    let mut schemas = vec![
        ("OpenAiModel".to_owned(), model()),
        ("ModelList".to_owned(), list()),
        ("Instances".to_owned(), instances()),
    ];
    if !embedding.is_empty() {
        operations.push(embeddings(&embedding, served));
        schemas.push(("EmbeddingRequest".to_owned(), embedding_request(&embedding)));
        schemas.push(("EmbeddingList".to_owned(), embedding_list()));
    }
    if !forecasting.is_empty() {
        operations.push(forecast(&forecasting, served));
        schemas.push(("ForecastRequest".to_owned(), forecast_request(&forecasting)));
        schemas.push(("Forecast".to_owned(), forecasted()));
    }
    Family {
        tags: vec![(
            TAG.to_owned(),
            "What clients of OpenAI's embeddings and of KServe's other routes speak".to_owned(),
        )],
        operations: operations.into_iter().map(|one| one.tag(TAG)).collect(),
        schemas,
    }
}

fn with_task<'a>(served: &'a Served, task: &str) -> Vec<&'a str> {
    let has_it = |model: &&Model| {
        let of_model = model.entry.manifest().task;
        of_model.is_some_and(|of_model| of_model.as_str() == task)
    };
    let models = served.models.iter().filter(has_it);
    models.map(|model| model.entry.name.as_str()).collect()
}

fn of_model(model: &Model, served: &Served) -> [Operation; 2] {
    let name = &model.entry.name;
    let predictions = json!({
        "type": "object",
        "properties": {"predictions": {"type": "array"}},
        "required": ["predictions"],
    });
    let manifest = model.entry.manifest();
    let example = manifest.examples.first().map_or(
        Value::Null,
        |example| json!({"instances": [example.request]}),
    );
    let predict = Operation::post(
        format!("/v1/models/{name}:predict"),
        format!("v1_predict_{name}"),
    )
    .speaks(Dialect::Inference)
    .says(
        format!("Predict with {name}, KServe's version 1"),
        "Each instance is a request, or the `inputs` of one.",
    )
    .body(parts::json(parts::schema("Instances"), example))
    .refuses([Problem::NotFound]);
    [
        Operation::get(format!("/v1/models/{name}"), format!("v1_model_{name}"))
            .speaks(Dialect::OpenAi)
            .says(format!("Whether {name} answers"), "")
            .answers(200, "It does.", named("OpenAiModel"), &[])
            .refuses([Problem::NotFound, Problem::NotReady]),
        parts::call(served, predict, unexampled(predictions), &[]),
    ]
}

fn embeddings(models: &[&str], served: &Served) -> Operation {
    let example = json!({"model": models.first(), "input": ["a text", "another"]});
    let request = parts::json(parts::schema("EmbeddingRequest"), example);
    let operation = Operation::post("/v1/embeddings", "v1_embeddings")
        .speaks(Dialect::OpenAi)
        .says("Vectors of texts", "As OpenAI's clients ask for them.")
        .body(request)
        .refuses([Problem::NotFound]);
    parts::call(served, operation, named("EmbeddingList"), &[])
}

fn forecast(models: &[&str], served: &Served) -> Operation {
    let series: Vec<u32> = (0..28).map(|day| 20 + day % 7).collect();
    let example = json!({
        "model": models.first(),
        "inputs": [{
            "type": "univariate_time_series",
            "name": "a",
            "series": series,
            "frequency": "day",
            "start_timestamp": "2017-10-09",
        }],
        "options": {"horizon": 7, "quantiles": [0.1, 0.5, 0.9]},
    });
    let request = parts::json(parts::schema("ForecastRequest"), example);
    let operation = Operation::post("/v1/timeseries/forecast", "v1_forecast")
        .speaks(Dialect::Forecast)
        .says("Forecasts of series", "As KServe's clients ask for them.")
        .body(request)
        .refuses([Problem::NotFound]);
    parts::call(served, operation, named("Forecast"), &[])
}

fn named(schema: &str) -> Value {
    unexampled(parts::schema(schema))
}

fn unexampled(schema: Value) -> Value {
    parts::json(schema, Value::Null)
}

fn names() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn model() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "object": {"const": "model"},
            "created": {"type": "integer", "description": "seconds since 1970"},
            "owned_by": {"type": "string"},
            "name": {"type": "string"},
            "ready": {"type": "boolean"},
        },
        "required": ["id", "object", "created", "owned_by"],
    })
}

fn list() -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": {"const": "list"},
            "data": {"type": "array", "items": parts::schema("OpenAiModel")},
            "models": names(),
        },
        "required": ["object", "data", "models"],
    })
}

fn instances() -> Value {
    json!({
        "type": "object",
        "properties": {
            "instances": {"type": "array", "minItems": 1, "maxItems": 1024},
            "parameters": {"description": "of instances that have none"},
        },
        "required": ["instances"],
    })
}

fn embedding_request(models: &[&str]) -> Value {
    // Null is as good as nothing.
    let models: Vec<Option<&str>> = models.iter().copied().map(Some).chain([None]).collect();
    let text = json!({"type": "string", "minLength": 1});
    let ids = json!({
        "type": "array",
        "minItems": 1,
        "items": {"type": "integer", "minimum": 0},
        "description": "ids of the model's own tokenizer",
    });
    json!({
        "type": "object",
        "properties": {
            "model": {"type": ["string", "null"], "enum": models},
            "input": {"anyOf": [
                text,
                {"type": "array", "minItems": 1, "items": text},
                ids,
                {"type": "array", "minItems": 1, "items": ids},
            ]},
            "encoding_format": {"enum": ["float", "base64", null]},
            "dimensions": {"type": ["integer", "null"], "minimum": 0, "description": "no other than the model's own"},
        },
        "required": ["input"],
    })
}

fn embedding_list() -> Value {
    let vector = json!({"type": "array", "items": {"type": "number"}});
    json!({
        "type": "object",
        "properties": {
            "object": {"const": "list"},
            "model": {"type": "string"},
            "data": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "object": {"const": "embedding"},
                    "index": {"type": "integer"},
                    "embedding": {"anyOf": [vector, {"type": "string", "contentEncoding": "base64"}]},
                },
                "required": ["object", "index", "embedding"],
            }},
            "usage": {
                "type": "object",
                "properties": {"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}},
                "required": ["prompt_tokens", "total_tokens"],
            },
        },
        "required": ["object", "model", "data", "usage"],
    })
}

fn forecast_request(models: &[&str]) -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "properties": {
            "model": {"type": "string", "enum": models},
            "inputs": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "properties": {
                    "type": {"const": "univariate_time_series"},
                    "name": text,
                    "series": {"type": "array", "items": {"type": ["number", "null"]}},
                    "frequency": text,
                    "start_timestamp": {"type": ["string", "null"]},
                },
                "required": ["type", "name", "series", "frequency"],
            }},
            "options": {
                "type": "object",
                "properties": {
                    "horizon": {"type": "integer", "minimum": 1},
                    "quantiles": {"type": ["array", "null"], "items": {"type": "number"}},
                },
                "required": ["horizon"],
            },
        },
        "required": ["model", "inputs", "options"],
    })
}

fn forecasted() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "properties": {
            "id": text,
            "created_at": {"type": "integer", "description": "seconds since 1970"},
            "status": {"const": "completed"},
            "model": text,
            "outputs": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "type": {"const": "time_series_forecast"},
                    "id": text,
                    "status": text,
                    "content": {"type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "type": text,
                            "name": text,
                            "mean_forecast": {"type": "array", "items": {"type": "number"}},
                            "frequency": text,
                            "start_timestamp": text,
                            "quantiles": {"type": "object"},
                        },
                        "required": ["type", "name", "mean_forecast", "frequency", "start_timestamp", "quantiles"],
                    }},
                },
                "required": ["type", "id", "status", "content"],
            }},
        },
        "required": ["id", "created_at", "status", "model", "outputs"],
    })
}
