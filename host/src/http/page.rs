//! `GET /`: the page, with the state of the model that it shows already in it, so that it needs no second question.
//! Must not know what the page makes of it.

use super::ui::{self, Content};
use super::{Shared, conditional, models};
use serde_json::{Value, json};
use std::sync::LazyLock;
use warp::http::HeaderMap;
use warp::reply::Response;

static INDEX: LazyLock<String> = LazyLock::new(ui::index);

/// The page of the model that `query` names, or of the default one.
pub(super) fn page(shared: &Shared, query: &str, headers: &HeaderMap) -> Response {
    let list = models::list(shared);
    let model = wanted(&list, query).and_then(|name| models::one(shared, &name).ok());
    let word = |key: &str| {
        let model = model.as_ref()?;
        model[key].as_str()
    };
    let title = word("title").unwrap_or("modelhost");
    let name = word("name").filter(|name| *name != title);
    let task = word("task").map(spoken);
    let above = [name.map(str::to_owned), task];
    let above: String = above
        .into_iter()
        .flatten()
        .map(|one| format!("<span>{}</span>", in_text(&one)))
        .collect();
    // Without the marks of code, which the page sets in their own type once it runs.
    let about = in_text(&word("description").unwrap_or_default().replace('`', ""));
    let state = json!({"list": list, "model": model}).to_string();
    // What is filled in holds no mark: a `<` of its own is escaped.
    let html = INDEX
        .replace("<!-- title -->", &in_text(title))
        .replace("<!-- above -->", &above)
        .replace("<!-- about -->", &about.replace('"', "&quot;"))
        .replace("<!-- state -->", &in_text(&state));
    conditional::respond(html.into_bytes(), headers, |bytes| {
        let content = Content::of(bytes, headers);
        ui::respond(content, "text/html; charset=utf-8", "no-cache")
    })
}

/// `text-classification` as "Text classification".
fn spoken(task: &str) -> String {
    let mut words = task.replace('-', " ");
    if let Some(initial) = words.get_mut(..1) {
        initial.make_ascii_uppercase();
    }
    words
}

/// The name in `model=NAME`, else the default model's, else the first one's.
fn wanted(list: &Value, query: &str) -> Option<String> {
    let named = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("model="));
    if let Some(name) = named {
        // Names are made of letters, digits and dashes: what would need decoding is none.
        return Some(name.to_owned());
    }
    let models = list["models"].as_array()?;
    let default = models.iter().find(|model| model["default"] == true);
    let model = default.or_else(|| models.first())?;
    model["name"].as_str().map(str::to_owned)
}

/// `text` between two tags.
fn in_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
