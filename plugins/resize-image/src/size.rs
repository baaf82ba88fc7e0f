//! A size as it is written: one number, a list of two, or an object with named edges.
//! Knows no picture; what one number means differs between those who wrote it.

use serde::Deserialize;
use serde::de::{
    self, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer,
};
use std::fmt;

/// No edge is longer: more than any model takes, and little enough for every product below.
const MAX_EDGE: u64 = 16_384;

/// As written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// One number.
    Edge(u32),
    /// Both edges, whatever the picture's shape.
    Exact { height: u32, width: u32 },
    /// The picture's shape is kept: its shorter edge becomes this, unless the longer would exceed `longest`.
    Shortest { edge: u32, longest: Option<u32> },
    /// The picture's shape is kept: its longer edge becomes this.
    Longest(u32),
}

/// In pixels, 1 to 16384.
#[derive(Debug, Clone, Copy)]
struct Edge(u32);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edges {
    height: Option<Edge>,
    width: Option<Edge>,
    shortest_edge: Option<Edge>,
    longest_edge: Option<Edge>,
}

// By hand, because an untagged enum forgets which field was wrong.
impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of pixels, { height: , width: }, { shortest_edge: } or { longest_edge: }")
            }
            fn visit_u64<E: de::Error>(self, edge: u64) -> Result<Size, E> {
                edge_of(edge).map(Size::Edge)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Size, A::Error> {
                let mut next = || list.next_element::<Edge>();
                let (Some(height), Some(width), None) = (next()?, next()?, next()?) else {
                    return Err(de::Error::custom("must be a list of two: height and width"));
                };
                Ok(Size::Exact {
                    height: height.0,
                    width: width.0,
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Size, A::Error> {
                let edges = Edges::deserialize(MapAccessDeserializer::new(map))?;
                let edge = |edge: Option<Edge>| edge.map(|edge| edge.0);
                match (
                    edge(edges.height),
                    edge(edges.width),
                    edge(edges.shortest_edge),
                    edge(edges.longest_edge),
                ) {
                    (Some(height), Some(width), None, None) => Ok(Size::Exact { height, width }),
                    (None, None, Some(edge), longest) => Ok(Size::Shortest { edge, longest }),
                    (None, None, None, Some(edge)) => Ok(Size::Longest(edge)),
                    _ => Err(de::Error::custom(
                        "must name `height` and `width`, or `shortest_edge`, or `longest_edge`",
                    )),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        edge_of(u64::deserialize(deserializer)?).map(Edge)
    }
}

fn edge_of<E: de::Error>(edge: u64) -> Result<u32, E> {
    match u32::try_from(edge) {
        Ok(small) if (1..=MAX_EDGE).contains(&edge) => Ok(small),
        _ => Err(E::invalid_value(
            Unexpected::Unsigned(edge),
            &"a number of pixels from 1 to 16384",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Size, String> {
        modelhost_plugin::json::config(text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_in_which_a_size_is_written_is_read() {
        let exact = Size::Exact {
            height: 2,
            width: 3,
        };
        assert_eq!(read("224"), Ok(Size::Edge(224)));
        assert_eq!(read("[2, 3]"), Ok(exact));
        assert_eq!(read(r#"{"width": 3, "height": 2}"#), Ok(exact));
        let shortest = |longest| Size::Shortest { edge: 5, longest };
        assert_eq!(read(r#"{"shortest_edge": 5}"#), Ok(shortest(None)));
        assert_eq!(
            read(r#"{"shortest_edge": 5, "longest_edge": 9}"#),
            Ok(shortest(Some(9)))
        );
        assert_eq!(read(r#"{"longest_edge": 9}"#), Ok(Size::Longest(9)));
    }

    #[test]
    fn a_size_that_means_nothing_says_what_would() {
        let wrong = |text| read(text).expect_err("must be refused");
        assert!(wrong(r#"{"height": 2}"#).contains("must name `height` and `width`"));
        assert!(wrong("0").contains("a number of pixels from 1 to 16384"));
        assert!(wrong("-1").contains("must be a number of pixels"));
        assert!(wrong("[1]").contains("must be a list of two"));
        assert!(wrong(r#"{"max_height": 9}"#).starts_with("/max_height: is not a known field"));
        assert!(wrong(r#"{"height": 99999, "width": 1}"#).starts_with("/height: "));
    }
}
