//! W3C Trace Context: the trace that a request belongs to, read from its headers and sent back.
//! Must not know where traces are kept.

use crate::spans::Place;
use warp::http::HeaderMap;
use warp::http::header::HeaderValue;

pub(super) const PARENT: &str = "traceparent";
pub(super) const STATE: &str = "tracestate";
/// As many as the standard wants passed on at least; longer ones are dropped.
const MOST_STATE_BYTES: usize = 512;
const MOST_STATE_MEMBERS: usize = 32;

/// Where the caller is; none where it does not say, or not in a way that can be read.
pub(super) fn of(headers: &HeaderMap) -> Option<Place> {
    let mut values = headers.get_all(PARENT).iter();
    let value = values.next()?;
    // Of two, neither can be believed.
    if values.next().is_some() {
        return None;
    }
    let (trace_id, span_id, flags) = parent(value.to_str().ok()?)?;
    let state = state(headers);
    Some(Place {
        trace_id,
        span_id,
        flags,
        state,
    })
}

pub(super) fn mark(place: &Place, headers: &mut HeaderMap) {
    let Place {
        trace_id,
        span_id,
        flags,
        state,
    } = place;
    let parent = format!("00-{trace_id:032x}-{span_id:016x}-{flags:02x}");
    let values = [(PARENT, Some(parent.as_str())), (STATE, state.as_deref())];
    for (name, value) in values {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
}

/// `VERSION-TRACE-PARENT-FLAGS`; later versions may have more behind that.
fn parent(text: &str) -> Option<(u128, u64, u8)> {
    let mut parts = text.trim().split('-');
    let mut part = |length: usize| {
        let digits = parts.next()?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (digits.len() == length && digits.bytes().all(is_hex)).then_some(digits)
    };
    let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let is_readable = version != "ff" && (version != "00" || parts.next().is_none());
    let trace_id = u128::from_str_radix(trace_id, 16).ok()?;
    let span_id = u64::from_str_radix(span_id, 16).ok()?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    // Of the flags only these two are known: sampled, and random.
    (is_readable && trace_id != 0 && span_id != 0).then_some((trace_id, span_id, flags & 3))
}

/// `KEY=VALUE,…`, of all headers of that name; none of it where any of it cannot be read.
fn state(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(STATE).iter();
    let values: Result<Vec<&str>, _> = values.map(HeaderValue::to_str).collect();
    let values = values.ok()?.join(",");
    let members: Vec<&str> = values
        .split(',')
        .map(str::trim)
        .filter(|member| !member.is_empty())
        .collect();
    let state = members.join(",");
    let is_fit = !state.is_empty()
        && state.len() <= MOST_STATE_BYTES
        && members.len() <= MOST_STATE_MEMBERS
        && members.iter().all(|member| is_member(member));
    is_fit.then_some(state)
}

fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else {
        return false;
    };
    let is_key =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let is_value = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'=';
    !key.is_empty() && key.bytes().all(is_key) && !value.is_empty() && value.bytes().all(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(parents: &[&str], states: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, values) in [(PARENT, parents), (STATE, states)] {
            for value in values {
                headers.append(name, HeaderValue::from_str(value).expect("a header"));
            }
        }
        let mut sent = HeaderMap::new();
        mark(&of(&headers)?, &mut sent);
        let text = |name| {
            sent.get(name)
                .map_or("", |value| value.to_str().expect("text"))
        };
        Some([text(PARENT), text(STATE)].join(" ").trim().to_owned())
    }

    #[test]
    fn what_came_is_what_is_sent_back() {
        assert_eq!(read(&[GOOD], &[]).as_deref(), Some(GOOD));
        let both = read(&[GOOD], &["a=1,b@c=2", " d=3 "]);
        assert_eq!(both, Some(format!("{GOOD} a=1,b@c=2,d=3")));
        let later = format!("01{}-more", &GOOD[2..]);
        assert_eq!(read(&[&later], &[]).as_deref(), Some(GOOD));
    }

    #[test]
    fn what_cannot_be_read_is_as_if_it_had_not_come() {
        for wrong in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD[..GOOD.len() - 1],
            &format!("{GOOD}-more"),
            &format!("ff{}", &GOOD[2..]),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert_eq!(read(&[wrong], &["a=1"]), None, "{wrong}");
        }
        assert_eq!(read(&[GOOD, GOOD], &[]), None);
        let long = format!("a={}", "1".repeat(600));
        let many = vec!["a=1"; 33].join(",");
        for wrong in ["a", "A=1", "a=1,b", "a=b=c", &long, &many] {
            assert_eq!(read(&[GOOD], &[wrong]).as_deref(), Some(GOOD), "{wrong}");
        }
    }
}
