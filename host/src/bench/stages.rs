//! What a server says in `Server-Timing` of its own time.
//! Must not know how it is sent.

/// The stages of a modelhost, and its whole time.
pub(super) const NAMES: [&str; 5] = ["queue", "preprocess", "model", "postprocess", "total"];

/// Milliseconds in each of [`NAMES`], where they are said.
pub(super) type Stages = [Option<f64>; NAMES.len()];

/// Reads `name;dur=1.5, name;dur=…`; what is not of that form is as if it were not there.
pub(super) fn parse(header: &str) -> Stages {
    let mut stages = Stages::default();
    for metric in header.split(',') {
        let mut parts = metric.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let Some(place) = NAMES.iter().position(|it| *it == name) else {
            continue;
        };
        let dur = parts.find_map(|part| part.strip_prefix("dur="));
        let ms = dur.and_then(|ms| ms.parse::<f64>().ok());
        stages[place] = ms.filter(|ms| ms.is_finite());
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_and_what_is_strange_is_skipped() {
        let stages =
            parse("queue;dur=0.012, cache;dur=9, model;desc=x; dur=1.5, total, preprocess;dur=y");
        assert_eq!(stages, [Some(0.012), None, Some(1.5), None, None]);
        assert_eq!(parse(""), Stages::default());
    }
}
