//! `POST /v1/embeddings`: OpenAI's form of a feature extraction.
//! Must not know how texts become vectors.

use super::answer_named;
use crate::http::Shared;
use crate::http::body::Incoming;
use crate::http::call::{Call, Head};
use crate::http::dialect::Dialect;
use crate::http::object::Object;
use crate::http::reject::Reject;
use crate::pipeline::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use warp::reply::Response;

const TASK: &str = "feature-extraction";

/// As written.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "model")]
    _model: Option<String>,
    input: Input,
    encoding_format: Option<Encoding>,
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    ManyTokens(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Float,
    Base64,
}

/// Answers with the model that the body names.
pub(in crate::http) async fn embeddings(
    shared: Arc<Shared>,
    head: Head,
    body: Incoming,
) -> Response {
    answer_named(shared, "embeddings", head, body, Dialect::OpenAi, answer).await
}

async fn answer(call: Call, body: Bytes) -> Result<Response, Reject> {
    let service = call.service();
    let manifest = &service.manifest;
    let written: Result<Object<Written>, _> = serde_json::from_slice(&body);
    let Object(written) = written.map_err(|error| {
        Reject::Malformed(format!(
            "the body is not {{\"model\", \"input\"}}, where `input` is a text, a list of texts, or token ids: {error}"
        ))
    })?;
    if manifest.task.is_none_or(|task| task.as_str() != TASK) {
        return Err(Reject::NotFound(format!(
            "model `{}` makes no embeddings: its manifest does not say `task: {TASK}`",
            manifest.name
        )));
    }
    let request = request(&written)?;
    let encoding = written.encoding_format.unwrap_or(Encoding::Float);
    let dimensions = written.dimensions;
    let name = manifest.name.clone();
    let ran = call.run(&request, move |_, answer| {
        let tokens = answer.tokens.unwrap_or(0);
        let vectors = vectors(answer.outputs.into_json().get(), dimensions)?;
        Ok::<_, Reject>(body_of(&name, vectors, encoding, tokens))
    });
    let ran = ran.await.map_err(|reject| match reject {
        Reject::Invalid { message, field } => Reject::Invalid {
            message,
            field: field.as_deref().map(written_at),
        },
        other => other,
    })?;
    let body = ran.value?;
    Ok(call
        .respond(&ran.service, "application/json", body, &ran.timing)
        .await)
}

fn request(written: &Written) -> Result<Request, Reject> {
    let refused = |message: &str| Reject::Invalid {
        message: message.to_owned(),
        field: Some("/input".to_owned()),
    };
    // Ids are of the model's own tokenizer; whether these are is for the plugin to say.
    let tokens = |ids: &Vec<u32>| json!({"token_ids": ids});
    let inputs: Vec<Value> = match &written.input {
        Input::Text(text) => vec![json!(text)],
        Input::Texts(texts) => texts.iter().map(|text| json!(text)).collect(),
        Input::Tokens(ids) => vec![tokens(ids)],
        Input::ManyTokens(lists) => lists.iter().map(tokens).collect(),
    };
    match inputs.as_slice() {
        [] => Err(refused("`input` is empty")),
        inputs if inputs.iter().any(|one| *one == "") => {
            Err(refused("`input` holds an empty text"))
        }
        inputs => Ok(Request::json(json!({"inputs": inputs}).to_string())),
    }
}

/// Where the caller wrote what is at `field` of the request that was made of it: `/input/1` for `/inputs/1/token_ids`.
fn written_at(field: &str) -> String {
    let place = field.strip_suffix("/token_ids").unwrap_or(field);
    match place.strip_prefix("/inputs") {
        Some(rest) => format!("/input{rest}"),
        None => place.to_owned(),
    }
}

/// One vector a text.
fn vectors(outputs: &str, dimensions: Option<usize>) -> Result<Vec<Vec<f32>>, Reject> {
    let vectors: Vec<Vec<f32>> = serde_json::from_str(outputs).map_err(|_| Reject::Invalid {
        message: "this model gives a vector for each token; set `pooling` in its manifest to have one for each text"
            .to_owned(),
        field: Some("/input".to_owned()),
    })?;
    let length = vectors.first().map_or(0, Vec::len);
    match dimensions {
        Some(asked) if asked != length => Err(Reject::Invalid {
            message: format!(
                "this model's vectors have {length} dimensions, and are not cut to {asked}"
            ),
            field: Some("/dimensions".to_owned()),
        }),
        _ => Ok(vectors),
    }
}

fn body_of(model: &str, vectors: Vec<Vec<f32>>, encoding: Encoding, tokens: u64) -> Bytes {
    let data = vectors.into_iter().enumerate().map(|(index, vector)| {
        let embedding = match encoding {
            Encoding::Float => json!(vector),
            Encoding::Base64 => {
                let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            }
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let data: Vec<Value> = data.collect();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    json!({"object": "list", "data": data, "model": model, "usage": usage})
        .to_string()
        .into()
}
