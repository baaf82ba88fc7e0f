//! All routes on one screen.
//! Must not know how any of them answers.

use super::health::json_response;
use super::reject::Reject;
use super::{Labels, Shared, admin, events, health, models, page, predict, ui};
use std::sync::Arc;
use std::time::Duration;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::path::FullPath;
use warp::reply::Response;

/// The methods of the route at `path`, if there is one; must list what [`routes`] serves.
pub(super) fn allowed(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Some(match segments.as_slice() {
        [] => "GET, HEAD, POST",
        ["predict"] | ["models", _, "predict"] => "POST",
        ["admin", "models", _, _] => "POST",
        ["models", _] => "GET, HEAD, POST",
        ["models"] | ["models", _, "live"] => "GET, HEAD",
        ["events" | "health" | "ready" | "metrics"] | ["ui", _, _] => "GET, HEAD",
        _ => return None,
    })
}

pub(super) fn routes(shared: Arc<Shared>, patience: Duration) -> BoxedFilter<(Response,)> {
    let read = || warp::get().or(warp::head()).unify();
    let shared = move || {
        let shared = shared.clone();
        warp::any().map(move || shared.clone())
    };
    let body = || warp::header::headers_cloned().and(warp::body::stream());

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
        .and(body())
        .then(move |shared, headers: HeaderMap, body| {
            predict::predict(shared, patience, None, headers, body)
        });
    let predict_named = warp::path!("models" / String / "predict")
        .or(warp::path!("models" / String))
        .unify()
        .and(warp::post())
        .and(shared())
        .and(body())
        .then(move |name, shared, headers: HeaderMap, body| {
            predict::predict(shared, patience, Some(name), headers, body)
        });

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

    let answered = predict_default
        .or(predict_named)
        .unify()
        .or(page)
        .unify()
        .or(page_file)
        .unify()
        .or(model_list)
        .unify()
        .or(model)
        .unify()
        .or(events)
        .unify()
        .or(admin)
        .unify()
        .or(live)
        .unify()
        .or(health)
        .unify()
        .or(ready)
        .unify()
        .or(metrics)
        .unify();
    let refused = warp::method()
        .and(warp::path::full())
        .map(|method: Method, path: FullPath| {
            Reject::of_route(&method, path.as_str()).into_response()
        });
    answered.or(refused).unify().boxed()
}

fn label(route: &'static str, mut response: Response) -> Response {
    let model = String::new();
    response.extensions_mut().insert(Labels { model, route });
    response
}
