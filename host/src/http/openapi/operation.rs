//! One operation of the API, put together part by part.
//! Must not know which operations there are.

use super::problem::Problem;
use crate::http::dialect::Dialect;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What one method of one path does.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: String,
    id: String,
    tag: String,
    summary: String,
    description: Option<String>,
    parameters: Vec<Value>,
    body: Option<Value>,
    security: Option<Vec<&'static str>>,
    is_rated: bool,
    dialect: Dialect,
    answers: BTreeMap<u16, Value>,
    problems: Vec<Problem>,
}

impl Operation {
    /// What `GET path` answers; `HEAD` answers the same without its body.
    pub(super) fn get(path: impl Into<String>, id: impl Into<String>) -> Operation {
        Operation::new("get", path.into(), id.into())
    }

    /// What `POST path` does.
    pub(super) fn post(path: impl Into<String>, id: impl Into<String>) -> Operation {
        Operation::new("post", path.into(), id.into())
    }

    fn new(method: &'static str, path: String, id: String) -> Operation {
        Operation {
            method,
            path,
            id,
            tag: String::new(),
            summary: String::new(),
            description: None,
            parameters: Vec::new(),
            body: None,
            security: None,
            is_rated: false,
            dialect: Dialect::Ours,
            answers: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// In which group it is shown: a model's name, or a word with a capital, which is no model's.
    pub(super) fn tag(mut self, tag: impl Into<String>) -> Operation {
        self.tag = tag.into();
        self
    }

    /// In a few words, and in more.
    pub(super) fn says(mut self, summary: impl Into<String>, description: &str) -> Operation {
        self.summary = summary.into();
        self.description = (!description.is_empty()).then(|| description.to_owned());
        self
    }

    /// A part of the query, or a header.
    pub(super) fn parameter(mut self, parameter: Value) -> Operation {
        self.parameters.push(parameter);
        self
    }

    /// What is sent, by media type.
    pub(super) fn body(self, content: Value) -> Operation {
        self.sent(content, true)
    }

    /// What may be sent, by media type.
    pub(super) fn may_send(self, content: Value) -> Operation {
        self.sent(content, false)
    }

    fn sent(mut self, content: Value, is_required: bool) -> Operation {
        self.body = Some(json!({"required": is_required, "content": content}));
        self
    }

    /// Whose form its errors have.
    pub(super) fn speaks(mut self, dialect: Dialect) -> Operation {
        self.dialect = dialect;
        self
    }

    /// One of these is to be shown.
    pub(super) fn secured(mut self, schemes: impl IntoIterator<Item = &'static str>) -> Operation {
        self.security = Some(schemes.into_iter().collect());
        self
    }

    /// Whether each answer says how often more may be asked.
    pub(super) fn rated(mut self, is_rated: bool) -> Operation {
        self.is_rated = is_rated;
        self
    }

    /// A good answer: its words, what is in it by media type, and headers that [`super::parts::headers`] lists.
    pub(super) fn answers(
        mut self,
        status: u16,
        description: &str,
        content: Value,
        headers: &[&str],
    ) -> Operation {
        let mut response = json!({
            "description": description,
            "headers": references(headers.iter().chain(&["X-Request-Id"])),
        });
        if !content.is_null() {
            response["content"] = content;
        }
        self.answers.insert(status, response);
        self
    }

    /// What may be refused.
    pub(super) fn refuses(mut self, problems: impl IntoIterator<Item = Problem>) -> Operation {
        self.problems.extend(problems);
        self
    }

    /// Its problems, those of one status together.
    fn refusals(&self) -> BTreeMap<u16, Vec<Problem>> {
        let mut refusals: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
        for problem in &self.problems {
            let status = problem.status(self.dialect).as_u16();
            refusals.entry(status).or_default().push(*problem);
        }
        refusals
    }

    fn reference(&self, problems: &[Problem]) -> String {
        Problem::reference(problems, self.dialect, self.is_rated)
    }

    /// What is referred to: its problems, those of one status together, by name.
    pub(super) fn problems(&self) -> impl Iterator<Item = (String, Value)> {
        self.refusals().into_values().map(|problems| {
            let response = Problem::response(&problems, self.dialect, self.is_rated);
            (self.reference(&problems), response)
        })
    }

    /// As the document has it.
    pub(super) fn written(self) -> Value {
        let mut responses = Map::new();
        for (status, problems) in self.refusals() {
            let reference = format!("#/components/responses/{}", self.reference(&problems));
            responses.insert(status.to_string(), json!({"$ref": reference}));
        }
        for (status, response) in self.answers {
            responses.insert(status.to_string(), response);
        }
        let mut written = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "responses": responses,
        });
        if let Some(description) = self.description {
            written["description"] = json!(description);
        }
        if !self.parameters.is_empty() {
            written["parameters"] = json!(self.parameters);
        }
        if let Some(body) = self.body {
            written["requestBody"] = body;
        }
        if let Some(schemes) = self.security {
            let schemes = schemes.iter().map(|scheme| json!({*scheme: []}));
            written["security"] = schemes.collect();
        }
        written
    }
}

/// Headers by name, each as a reference to what is said of it once.
pub(super) fn references<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    let headers = names.into_iter();
    headers
        .map(|name| ((*name).to_owned(), reference(name)))
        .collect::<Map<_, _>>()
        .into()
}
