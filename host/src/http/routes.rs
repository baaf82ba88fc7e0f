//! All routes on one screen.
//! Must not know how any of them answers.

use super::access::Peer;
use super::call::Head;
use super::dialect::Dialect;
use super::health::json_response;
use super::reject::Reject;
use super::{
    Labels, Shared, admin, body, docs, events, health, info, models, oip, openapi, page, predict,
    socket, ui, v1,
};
use std::sync::Arc;
use std::time::Duration;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::path::{FullPath, Tail};
use warp::reply::Response;
use warp::{Filter, Rejection};

/// The methods of the route at `path`, if there is one; must list what [`routes`] serves.
pub(super) fn allowed(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Some(match segments.as_slice() {
        [] => "GET, HEAD, POST",
        ["predict"] | ["models", _, "predict"] => "POST",
        ["admin", "models", _, _] => "POST",
        ["models", _] => "GET, HEAD, POST",
        ["models"] | ["models", _, "live" | "info" | "health"] => "GET, HEAD",
        ["v1", "models"] | ["v1", "timeseries", "models"] => "GET, HEAD",
        ["v1", "models", verb] if verb.contains(':') => "POST",
        ["v1", "models", _] => "GET, HEAD",
        ["v1", "embeddings"] | ["v1", "timeseries", "forecast"] => "POST",
        ["v2", "repository", "index"] | ["v2", "repository", "models", _, "load" | "unload"] => {
            "POST"
        }
        ["v2"] | ["v2", "health", "live" | "ready"] | ["v2", "models", "stats"] => "GET, HEAD",
        ["v2", "models", _, "infer"] | ["v2", "models", _, "versions", _, "infer"] => "POST",
        ["v2", "models", _] | ["v2", "models", _, "versions", _] => "GET, HEAD",
        ["v2", "models", _, "ready" | "config" | "stats"]
        | [
            "v2",
            "models",
            _,
            "versions",
            _,
            "ready" | "config" | "stats",
        ] => "GET, HEAD",
        ["events" | "health" | "ready" | "metrics"] => "GET, HEAD",
        ["openapi.json" | "docs" | "info"] => "GET, HEAD",
        ["ui" | "docs", _, _] => "GET, HEAD",
        _ => return None,
    })
}

pub(super) fn routes(shared: Arc<Shared>, patience: Duration) -> BoxedFilter<(Response,)> {
    let read = || warp::get().or(warp::head()).unify();
    let shared = move || {
        let shared = shared.clone();
        warp::any().map(move || shared.clone())
    };
    let peer = || {
        let none = warp::any().map(|| None);
        let some = warp::filters::ext::get::<Peer>().map(Some);
        some.or(none).unify()
    };
    let head = move || {
        peer()
            .and(warp::header::headers_cloned())
            .map(move |peer, headers| Head {
                patience,
                peer,
                headers,
            })
    };
    let body = || warp::body::stream().map(body::incoming);

    let query = || {
        let none = warp::any().map(String::new);
        warp::query::raw().or(none).unify()
    };

    let page = warp::path::end()
        .and(read())
        .and(shared())
        .and(query())
        .and(warp::header::headers_cloned())
        .map(|shared: Arc<Shared>, query: String, headers: HeaderMap| {
            label("page", page::page(&shared, &query, &headers))
        });
    let page_file = warp::path!("ui" / String / String)
        .and(read())
        .and(warp::header::headers_cloned())
        .map(|digest: String, name: String, headers: HeaderMap| {
            label("page", ui::file(&digest, &name, &headers))
        });

    let predict_default = warp::path::end()
        .or(warp::path!("predict"))
        .unify()
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(|shared, head, body| predict::predict(shared, None, head, body));
    let predict_named = warp::path!("models" / String / "predict")
        .or(warp::path!("models" / String))
        .unify()
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(|name, shared, head, body| predict::predict(shared, Some(name), head, body));

    let model_list = warp::path!("models")
        .and(read())
        .and(shared())
        .map(|shared: Arc<Shared>| {
            let list = models::list(&shared);
            label("models", json_response(StatusCode::OK, &list))
        });
    let model = warp::path!("models" / String)
        .and(read())
        .and(shared())
        .map(|name: String, shared: Arc<Shared>| {
            let response = match models::one(&shared, &name) {
                Ok(model) => json_response(StatusCode::OK, &model),
                Err(reject) => reject.into_response(),
            };
            label("model", response)
        });

    let live = warp::path!("models" / String / "live")
        .and(read())
        .and(shared())
        .map(|name: String, shared: Arc<Shared>| {
            let response = match models::live(&shared, &name) {
                Ok(live) => json_response(StatusCode::OK, &live),
                Err(reject) => reject.into_response(),
            };
            label("live", response)
        });

    let socket = warp::path!("events")
        .and(warp::ws())
        .and(shared())
        .and(warp::header::headers_cloned())
        .map(|ws, shared: Arc<Shared>, headers: HeaderMap| {
            label("events", socket::listen(ws, &shared, &headers))
        });
    let events = warp::path!("events")
        .and(read())
        .and(shared())
        .map(|shared: Arc<Shared>| label("events", events::listen(&shared)));
    let admin = warp::path!("admin" / "models" / String / String)
        .and(warp::post())
        .and(shared())
        .and(warp::header::headers_cloned())
        .map(
            |name: String, action: String, shared: Arc<Shared>, headers: HeaderMap| {
                label("admin", admin::act(&shared, &name, &action, &headers))
            },
        );

    let openapi = warp::path!("openapi.json")
        .and(read())
        .and(shared())
        .and(warp::header::headers_cloned())
        .map(|shared: Arc<Shared>, headers: HeaderMap| {
            label("openapi", openapi::respond(&shared, &headers))
        });
    let docs = warp::path!("docs")
        .and(read())
        .and(warp::header::headers_cloned())
        .map(|headers: HeaderMap| label("docs", docs::page(&headers)));
    let docs_file = warp::path!("docs" / String / String)
        .and(read())
        .and(warp::header::headers_cloned())
        .map(|digest: String, name: String, headers: HeaderMap| {
            label("docs", docs::file(&digest, &name, &headers))
        });
    let of_default = warp::path!("info").map(|| None);
    let info = warp::path!("models" / String / "info")
        .map(Some)
        .or(of_default)
        .unify()
        .and(read())
        .and(shared())
        .map(|name: Option<String>, shared: Arc<Shared>| {
            let response = match info::info(&shared, name.as_deref()) {
                Ok(info) => json_response(StatusCode::OK, &info),
                Err(reject) => reject.into_response(),
            };
            label("info", response)
        });
    let healthy = warp::path!("models" / String / "health")
        .and(read())
        .and(shared())
        .map(|name: String, shared: Arc<Shared>| label("health", health::model(&shared, &name)));

    let health = warp::path!("health")
        .and(read())
        .map(|| label("health", health::live()));
    let ready = warp::path!("ready")
        .and(read())
        .and(shared())
        .map(|shared: Arc<Shared>| label("ready", health::ready(&shared)));
    let metrics = warp::path!("metrics")
        .and(read())
        .and(shared())
        .map(|shared: Arc<Shared>| label("metrics", health::metrics(&shared)));

    let version = || {
        let one = warp::path!("versions" / String / ..).map(Some);
        one.or(warp::any().map(|| None)).unify()
    };
    let of_model = move || warp::path!("v2" / "models" / String / ..).and(version());
    let infer = of_model()
        .and(warp::path!("infer"))
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(|name, version, shared, head, body| oip::infer(shared, name, version, head, body));
    let inferring = of_model()
        .and(warp::path::tail())
        .and(read())
        .and(shared())
        .and_then(told_of_model)
        .boxed();
    let inference = warp::path!("v2" / ..)
        .and(warp::path::tail())
        .and(read())
        .and(shared())
        .and_then(told_of_server)
        .boxed();
    let repository = warp::path!("v2" / "repository" / "models" / String / String)
        .and(warp::post())
        .and(shared())
        .and(warp::header::headers_cloned())
        .map(
            |name: String, action: String, shared: Arc<Shared>, headers: HeaderMap| {
                label("admin", oip::act(&shared, &name, &action, &headers))
            },
        );
    let index = warp::path!("v2" / "repository" / "index")
        .and(warp::post())
        .and(shared())
        .and(body())
        .then(
            |shared: Arc<Shared>, body| async move { label("v2", oip::index(&shared, body).await) },
        );

    let v1_predict = warp::path!("v1" / "models" / String)
        .and_then(with_verb)
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(|verb, shared, head, body| v1::predict(shared, verb, head, body));
    let embeddings = warp::path!("v1" / "embeddings")
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(v1::embeddings);
    let forecast = warp::path!("v1" / "timeseries" / "forecast")
        .and(warp::post())
        .and(shared())
        .and(head())
        .and(body())
        .then(v1::forecast);
    let v1_told = warp::path!("v1" / ..)
        .and(warp::path::tail())
        .and(read())
        .and(shared())
        .and_then(told_under_v1)
        .boxed();

    let tensors = infer
        .or(inferring)
        .unify()
        .or(inference)
        .unify()
        .or(repository)
        .unify()
        .or(index)
        .unify()
        .boxed();
    let others = v1_predict
        .or(embeddings)
        .unify()
        .or(forecast)
        .unify()
        .or(v1_told)
        .unify()
        .boxed();

    // Boxed in groups: a type of all of them would take long to compile.
    let predictions = predict_default.or(predict_named).unify().boxed();
    let pages = page.or(page_file).unify().boxed();
    let models = model_list.or(model).unify().or(live).unify().boxed();
    let happenings = socket.or(events).unify().boxed();
    let described = openapi
        .or(docs)
        .unify()
        .or(docs_file)
        .unify()
        .or(info)
        .unify()
        .boxed();
    let probes = health
        .or(ready)
        .unify()
        .or(metrics)
        .unify()
        .or(healthy)
        .unify()
        .boxed();
    let answered = predictions
        .or(pages)
        .unify()
        .or(models)
        .unify()
        .or(happenings)
        .unify()
        .or(admin)
        .unify()
        .or(described)
        .unify()
        .or(probes)
        .unify()
        .or(tensors)
        .unify()
        .or(others)
        .unify();
    let refused = warp::method()
        .and(warp::path::full())
        .map(|method: Method, path: FullPath| {
            let path = path.as_str();
            Reject::of_route(&method, path).written_in(Dialect::of(path))
        });
    answered.or(refused).unify().boxed()
}

/// What KServe's version 1 has behind `/v1/models/`: a name, and after a colon what is to be done.
async fn with_verb(name: String) -> Result<String, Rejection> {
    match name.contains(':') {
        true => Ok(name),
        false => Err(warp::reject()),
    }
}

async fn told_of_model(
    name: String,
    version: Option<String>,
    tail: Tail,
    shared: Arc<Shared>,
) -> Result<Response, Rejection> {
    let version = version.as_deref();
    let told = match tail.as_str() {
        "" if name != "stats" => oip::model(&shared, &name, version),
        "ready" => oip::model_ready(&shared, &name, version),
        "config" => oip::config(&shared, &name, version),
        "stats" => oip::statistics(&shared, Some(&name), version),
        _ => return Err(warp::reject()),
    };
    Ok(label("v2", told))
}

async fn told_of_server(tail: Tail, shared: Arc<Shared>) -> Result<Response, Rejection> {
    let told = match tail.as_str() {
        "" => oip::server(),
        "health/live" => oip::live(),
        "health/ready" => oip::ready(&shared),
        "models/stats" => oip::statistics(&shared, None, None),
        _ => return Err(warp::reject()),
    };
    Ok(label("v2", told))
}

async fn told_under_v1(tail: Tail, shared: Arc<Shared>) -> Result<Response, Rejection> {
    let told = match tail.as_str().strip_prefix("models") {
        Some("") => v1::list(&shared),
        Some(name) if !name.trim_start_matches('/').is_empty() && !name.contains(':') => {
            v1::one(&shared, name.trim_start_matches('/'))
        }
        _ if tail.as_str() == "timeseries/models" => v1::forecasting(&shared),
        _ => return Err(warp::reject()),
    };
    Ok(label("v1", told))
}

fn label(route: &'static str, mut response: Response) -> Response {
    let model = String::new();
    response.extensions_mut().insert(Labels { model, route });
    response
}
