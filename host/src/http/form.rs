//! The form of an answer: JSON, JSON with charts in it, or a chart alone, as `Accept` and `parameters.chart` ask.
//! Must not know how anything is drawn.

use super::reject::Reject;
use crate::chart::Format;
use crate::service::Service;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

/// A drawing takes longer than its forecast.
const MOST_CHARTS: usize = 16;

/// What a client wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// JSON, with a chart in each output.
    Charts(Format),
    /// The chart and nothing else.
    Chart(Format),
}

impl Form {
    /// What `Accept` asks for, of a model whose answers are drawn or are not.
    pub(super) fn accepted(headers: &HeaderMap, draws: bool) -> Result<Form, Reject> {
        let accept: Vec<&str> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let accept = accept.join(",");
        let json = quality(&accept, "application/json");
        // PNG before SVG: who takes any image may be a program that cannot draw.
        let images = [Format::Png, Format::Svg]
            .map(|format| (quality(&accept, format.media_type()), format));
        let (best, format) = match images {
            [png, svg] if svg.0 > png.0 => svg,
            [png, _] => png,
        };
        if accept.is_empty() || best <= json {
            return Ok(Form::Json);
        }
        match draws {
            true => Ok(Form::Chart(format)),
            false if json > 0.0 => Ok(Form::Json),
            false => Err(Reject::NotAcceptable(
                "only forecasts are answered as an image; accept application/json".to_owned(),
            )),
        }
    }

    /// A word for what `Accept` asks for.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Json | Form::Charts(_) => "json",
            Form::Chart(format) => format.name(),
        }
    }

    /// With what the request's own parameters ask for.
    pub(super) fn with(self, asked: &Map<String, Value>) -> Form {
        let named = asked.get("chart").and_then(Value::as_str);
        let format = Format::ALL
            .into_iter()
            .find(|format| named == Some(format.name()));
        match (self, format) {
            (Form::Json, Some(format)) => Form::Charts(format),
            (form, _) => form,
        }
    }
}

/// How much a client wants `media_type`, 0 to 1: what the most specific of its ranges says (RFC 9110, 12.5.1).
fn quality(accept: &str, media_type: &str) -> f32 {
    let (kind, _) = media_type.split_once('/').unwrap_or((media_type, ""));
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let rank = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media_type => 3,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        Some((
            rank,
            weight.map_or(Some(1.0), |weight| weight.parse().ok())?,
        ))
    });
    ranges
        .max_by_key(|(rank, _)| *rank)
        .map_or(0.0, |(_, weight): (u8, f32)| weight)
}

/// What is drawn, once there is an answer.
pub(super) struct Drawing {
    inputs: Value,
    outputs: Vec<Value>,
    format: Format,
    is_alone: bool,
}

impl Drawing {
    /// Of the request in `body` and the `outputs` of its answer; `None` where `form` has no chart.
    pub(super) fn of(
        form: Form,
        body: &[u8],
        outputs: &RawValue,
    ) -> Result<Option<Drawing>, Reject> {
        let (format, is_alone) = match form {
            Form::Json => return Ok(None),
            Form::Charts(format) => (format, false),
            Form::Chart(format) => (format, true),
        };
        let inputs = serde_json::from_slice(body)
            .map(|mut request: Value| request["inputs"].take())
            .map_err(|error| Reject::Malformed(error.to_string()))?;
        let outputs: Vec<Value> = serde_json::from_str(outputs.get())
            .map_err(|error| Reject::Internal(format!("the answer is no list: {error}")))?;
        let refused = |field: &str, message: String| Reject::Invalid {
            message,
            field: Some(field.to_owned()),
        };
        let count = outputs.len();
        if is_alone && count != 1 {
            return Err(refused(
                "/inputs",
                format!(
                    "an image shows one series, and here are {count}: send one, or accept application/json and set `parameters.chart`"
                ),
            ));
        }
        if count > MOST_CHARTS {
            return Err(refused(
                "/parameters/chart",
                format!(
                    "charts are drawn of at most {MOST_CHARTS} series a request, and here are {count}: send fewer, or leave `chart` out"
                ),
            ));
        }
        Ok(Some(Drawing {
            inputs,
            outputs,
            format,
            is_alone,
        }))
    }

    /// The body of the response and its media type.
    pub(super) fn draw(self, service: &Service) -> Result<(Bytes, &'static str), Reject> {
        let Drawing {
            inputs,
            mut outputs,
            format,
            is_alone,
        } = self;
        let charts = service
            .charts(&inputs, &outputs, format)
            .map_err(|error| Reject::Internal(error.to_string()))?;
        let media_type = format.media_type();
        if is_alone {
            let chart = charts.into_iter().next().unwrap_or_default();
            return Ok((chart.into(), media_type));
        }
        for (output, chart) in outputs.iter_mut().zip(charts) {
            output["chart"] = json!(format!(
                "data:{media_type};base64,{}",
                STANDARD.encode(chart)
            ));
        }
        let body = super::predict::enveloped(service, &json!(outputs).to_string());
        Ok((body, "application/json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn accepted(accept: &'static str) -> Form {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
        Form::accepted(&headers, true).expect("a chart can be drawn")
    }

    #[test]
    fn the_client_gets_what_it_likes_best_and_json_where_it_does_not_say() {
        for accept in [
            "*/*",
            "application/json",
            "",
            "text/html, image/webp, */*;q=0.8",
            "image/png;q=0.5, application/json",
        ] {
            assert_eq!(accepted(accept), Form::Json, "{accept}");
        }
        for accept in [
            "image/*",
            "image/png",
            "IMAGE/PNG, */*;q=0.1",
            "image/svg+xml;q=0.2, image/png",
        ] {
            assert_eq!(accepted(accept), Form::Chart(Format::Png), "{accept}");
        }
        for accept in [
            "image/svg+xml",
            "image/*;q=0.5, image/svg+xml",
            "image/png;q=0, image/*",
        ] {
            assert_eq!(accepted(accept), Form::Chart(Format::Svg), "{accept}");
        }
    }

    #[test]
    fn who_takes_images_alone_is_refused_where_there_are_none() {
        let accept = |value| HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]);
        let refused = Form::accepted(&accept("image/*"), false);
        assert!(matches!(refused, Err(Reject::NotAcceptable(_))));
        let both = Form::accepted(&accept("image/*, */*;q=0.1"), false);
        assert!(matches!(both, Ok(Form::Json)));
    }
}
