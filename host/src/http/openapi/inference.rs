//! The Open Inference Protocol's routes: the server's, and those of each model, with and without a version.
//! Must not know how tensors are read or written.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Model, Served, parts};
use crate::http::dialect::Dialect;
use crate::http::oip;
use crate::model::{Dim, Port};
use crate::tensor::Dtype;
use serde_json::{Value, json};

const TAG: &str = "Open Inference Protocol";
/// An example with more elements than these shows nothing.
const MOST_SHOWN: usize = 256;

pub(super) fn family(served: &Served) -> Family {
    let mut operations = of_server();
    for model in &served.models {
        operations.extend(of_model(model, served));
        if served.has_admin {
            operations.extend(of_repository(&model.entry.name));
        }
    }
    let spoken = operations
        .into_iter()
        .map(|one| one.tag(TAG).speaks(Dialect::Inference));
    Family {
        tags: vec![(
            TAG.to_owned(),
            "Tensors in, tensors out, as the clients of Triton, KServe and MLServer speak"
                .to_owned(),
        )],
        operations: spoken.collect(),
        schemas: vec![
            ("InferRequest".to_owned(), infer_request()),
            ("InferResponse".to_owned(), infer_response()),
            ("ModelMetadata".to_owned(), metadata()),
            ("ModelStatistics".to_owned(), statistics()),
            ("ModelReady".to_owned(), model_ready()),
            ("RepositoryIndex".to_owned(), index()),
        ],
    }
}

fn of_server() -> Vec<Operation> {
    let server = json!({
        "type": "object",
        "properties": {
            "name": {"const": "modelhost"},
            "version": {"type": "string"},
            "extensions": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "version", "extensions"],
    });
    let live = json!({
        "type": "object",
        "properties": {"live": {"const": true}, "ready": {"type": "boolean"}},
        "required": ["live"],
    });
    let wish = json!({
        "type": "object",
        "properties": {"ready": {"type": "boolean", "description": "whether only those that answer are asked for"}},
        "additionalProperties": false,
    });
    let example = json!({"ready": true});
    vec![
        Operation::get("/v2", "v2_server")
            .says("The server and its extensions", "")
            .answers(200, "The server.", unexampled(server), &[]),
        Operation::get("/v2/health/live", "v2_live")
            .says("Whether the process lives", "")
            .answers(200, "It does.", unexampled(live.clone()), &[]),
        Operation::get("/v2/health/ready", "v2_ready")
            .says("Whether every model answers", "")
            .answers(200, "All answer.", unexampled(live.clone()), &[])
            .answers(
                503,
                "One does not, or the server is ending.",
                unexampled(live),
                &[],
            ),
        Operation::get("/v2/models/stats", "v2_statistics")
            .says("How often each model answered", "")
            .answers(200, "The numbers.", named("ModelStatistics"), &[]),
        Operation::post("/v2/repository/index", "v2_index")
            .says(
                "Which models there are",
                "Triton's repository extension; the body may be missing.",
            )
            .may_send(parts::json(wish, example))
            .answers(200, "The models.", named("RepositoryIndex"), &[])
            .refuses([Problem::Malformed, Problem::Timeout, Problem::TooLarge]),
    ]
}

fn of_model(model: &Model, served: &Served) -> Vec<Operation> {
    let name = &model.entry.name;
    let live = model.entry.live();
    let version = json!({
        "name": "version",
        "in": "path",
        "required": true,
        "description": "the version that answers: `versions` at `/v2/models/NAME`; any other is not there",
        "schema": {"type": "string", "minLength": 1},
        "example": live.as_ref().map_or("1", |live| live.name()),
    });
    let mut operations = Vec::new();
    for is_versioned in [false, true] {
        let (path, end) = match is_versioned {
            false => (format!("/v2/models/{name}"), ""),
            true => (
                format!("/v2/models/{name}/versions/{{version}}"),
                "_version",
            ),
        };
        let id = |what: &str| format!("v2_{what}_{name}{end}");
        let told = [
            Operation::get(path.clone(), id("model"))
                .says(format!("The tensors of {name}"), "An open axis is -1.")
                .answers(200, "The model.", named("ModelMetadata"), &[])
                .refuses([Problem::NotFound, Problem::NotReady]),
            Operation::get(format!("{path}/ready"), id("ready"))
                .says(format!("Whether {name} answers"), "")
                .answers(200, "It does.", named("ModelReady"), &[])
                .answers(503, "It does not.", named("ModelReady"), &[])
                .refuses([Problem::NotFound]),
            Operation::get(format!("{path}/config"), id("config"))
                .says(
                    format!("The configuration of {name}"),
                    "What Triton's clients read of one.",
                )
                .answers(
                    200,
                    "The configuration.",
                    unexampled(json!({"type": "object"})),
                    &[],
                )
                .refuses([Problem::NotFound, Problem::NotReady]),
            Operation::get(format!("{path}/stats"), id("statistics"))
                .says(format!("How often {name} answered"), "")
                .answers(200, "The numbers.", named("ModelStatistics"), &[])
                .refuses([Problem::NotFound]),
            infer(format!("{path}/infer"), id("infer"), model, served),
        ];
        operations.extend(told.map(|operation| match is_versioned {
            false => operation,
            true => operation.parameter(version.clone()),
        }));
    }
    operations
}

fn infer(path: String, id: String, model: &Model, served: &Served) -> Operation {
    let name = &model.entry.name;
    let content = |schema: &str, example: Value| {
        let mut content = parts::json(parts::schema(schema), example);
        // JSON, and the tensors' bytes behind it.
        content["application/octet-stream"] = json!({});
        content
    };
    let length = json!({
        "name": "Inference-Header-Content-Length",
        "in": "header",
        "description": "where the JSON of the body ends and binary data begins; 0 where there is none",
        "schema": {"type": "integer", "minimum": 0},
    });
    let operation = Operation::post(path, id)
        .says(
            format!("Run {name} on tensors"),
            "The model alone, without its plugins; with the parameter `pipeline`, each element of one BYTES input is a request for the plugins.",
        )
        .parameter(length)
        .body(content("InferRequest", example(model)))
        .refuses([Problem::NotFound]);
    let given = content("InferResponse", Value::Null);
    parts::call(
        served,
        operation,
        given,
        &["Inference-Header-Content-Length"],
    )
}

/// Ones for every input, where they are few.
fn example(model: &Model) -> Value {
    let Some(service) = &model.service else {
        return Value::Null;
    };
    let input = |port: &Port| {
        let open = [Dim::Any];
        let dims = port.shape.as_deref().unwrap_or(&open);
        let shape: Vec<usize> = dims
            .iter()
            .map(|dim| match dim {
                Dim::Fixed(size) => *size,
                Dim::Symbol(_) | Dim::Any => 1,
            })
            .collect();
        let one = match port.dtype {
            Dtype::Text => json!("text"),
            Dtype::Bool => json!(true),
            _ => json!(1),
        };
        let count = shape.iter().product::<usize>();
        (count <= MOST_SHOWN).then(|| {
            json!({
                "name": port.name,
                "shape": shape,
                "datatype": oip::datatype_name(port.dtype),
                "data": vec![one; count],
            })
        })
    };
    let inputs = &service.pipeline.model().signature().inputs;
    let inputs: Option<Vec<Value>> = inputs.iter().map(input).collect();
    inputs.map_or(Value::Null, |inputs| json!({"id": "1", "inputs": inputs}))
}

fn of_repository(name: &str) -> Vec<Operation> {
    let actions = [("load", "Load"), ("unload", "Unload")];
    let operation = |(action, verb): (&str, &str)| {
        let path = format!("/v2/repository/models/{name}/{action}");
        Operation::post(path, format!("v2_{action}_{name}"))
            .says(format!("{verb} {name}"), "Triton's repository extension.")
            .secured([parts::OPERATOR])
            .answers(200, "Begun.", unexampled(json!({"type": "object"})), &[])
            .refuses([Problem::Unauthorized, Problem::NotFound])
    };
    actions.map(operation).into()
}

fn named(schema: &str) -> Value {
    unexampled(parts::schema(schema))
}

fn unexampled(schema: Value) -> Value {
    parts::json(schema, Value::Null)
}

fn tensor(data: &Value) -> Value {
    json!({
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"enum": oip::datatype_names()},
        "parameters": {
            "type": "object",
            "properties": {"binary_data_size": {
                "type": "integer",
                "minimum": 0,
                "description": "how many bytes behind the JSON are its data, which is not in `data` then",
            }},
        },
        "data": data,
    })
}

fn infer_request() -> Value {
    let flag = json!({"type": "boolean"});
    let data = json!({"type": "array", "description": "row-major, flat or nested"});
    json!({
        "type": "object",
        "properties": {
            "id": {"type": ["string", "null"], "description": "given back"},
            "parameters": {"type": "object", "properties": {"binary_data_output": flag, "pipeline": flag}},
            "inputs": {"type": "array", "items": {
                "type": "object",
                "properties": tensor(&data),
                "required": ["name", "shape", "datatype"],
            }},
            "outputs": {"type": "array", "description": "all where there is none", "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "parameters": {"type": "object", "properties": {"binary_data": flag}},
                },
                "required": ["name"],
            }},
        },
        "required": ["inputs"],
    })
}

fn infer_response() -> Value {
    let data = json!({"type": "array", "description": "row-major, flat; null is no number"});
    json!({
        "type": "object",
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "outputs": {"type": "array", "items": {
                "type": "object",
                "properties": tensor(&data),
                "required": ["name", "shape", "datatype"],
            }},
        },
        "required": ["model_name", "model_version", "outputs"],
    })
}

fn metadata() -> Value {
    let port = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "datatype": {"enum": oip::datatype_names()},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": -1}},
        },
        "required": ["name", "datatype", "shape"],
    });
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "versions": {"type": "array", "items": {"type": "string"}},
            "platform": {"type": "string"},
            "inputs": {"type": "array", "items": port},
            "outputs": {"type": "array", "items": port},
        },
        "required": ["name", "versions", "platform", "inputs", "outputs"],
    })
}

fn statistics() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    let times = json!({
        "type": "object",
        "properties": {"count": count, "ns": count},
        "required": ["count", "ns"],
    });
    json!({
        "type": "object",
        "properties": {"model_stats": {"type": "array", "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "version": {"type": "string"},
                "inference_count": count,
                "execution_count": count,
                "inference_stats": {
                    "type": "object",
                    "properties": {"success": times, "fail": times},
                    "required": ["success", "fail"],
                },
            },
            "required": ["name", "version", "inference_count", "execution_count", "inference_stats"],
        }}},
        "required": ["model_stats"],
    })
}

fn model_ready() -> Value {
    json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "ready": {"type": "boolean"}},
        "required": ["name", "ready"],
    })
}

fn index() -> Value {
    let text = json!({"type": "string"});
    json!({"type": "array", "items": {
        "type": "object",
        "properties": {
            "name": text,
            "version": text,
            "state": {"enum": ["READY", "LOADING", "UNAVAILABLE"]},
            "reason": text,
        },
        "required": ["name", "version", "state", "reason"],
    }})
}
