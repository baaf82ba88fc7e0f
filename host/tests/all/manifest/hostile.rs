//! Claims about texts that no operator would write: they are refused in words, quickly, and never by a panic.
//! Must not know what a valid manifest means.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use modelhost::manifest::{Error, Manifest};

use super::{parse_text, yaml_files};

/// The parser alone takes minutes over some of these; refused early, none costs more than reading it.
#[test]
fn hostile_texts_of_a_mebibyte_are_answered_quickly() {
    let size = (1 << 20) - 64;
    let fill = |pattern: &str| pattern.repeat(size / pattern.len());
    let texts = [
        fill("["),
        fill("{a: "),
        fill("- "),
        fill("? "),
        fill("\""),
        fill("a: 1\n"),
        fill("---\n"),
        format!("a: [{}]\n", fill("1,")),
        format!("a: &a [{}]\n", fill("*a,")),
        format!(
            "a: &a \"{}\"\nb: [{}]\n",
            "x".repeat(size / 2),
            "*a,".repeat(size / 8)
        ),
        (0..40_000).map(|i| format!("unknown-{i}: 1\n")).collect(),
        (0..1000)
            .map(|i| format!("{}a:\n", " ".repeat(i)))
            .collect(),
    ];
    for text in texts {
        let begun = Instant::now();
        let error = parse_text(&text).unwrap_err().to_string();
        let (start, took) = (text.chars().take(16).collect::<String>(), begun.elapsed());
        assert!(took < Duration::from_secs(10), "{start:?} took {took:?}");
        assert!(
            error.len() < 100_000,
            "{start:?} is answered with {} bytes",
            error.len()
        );
    }
}

/// Small random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Whatever the bytes, the answer is a manifest or a message that names the file; never a panic, never silence.
#[test]
fn mangled_manifests_are_refused_in_words() {
    let seeds: Vec<Vec<u8>> = yaml_files("good")
        .iter()
        .chain(&yaml_files("bad"))
        .map(|file| fs::read(file).unwrap())
        .collect();
    let pieces: Vec<&[u8]> = [
        "\n",
        " ",
        "  ",
        "\t",
        "\r",
        ":",
        ": ",
        "- ",
        "? ",
        "&a",
        "*a",
        "!a ",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "|\n",
        ">\n",
        "#",
        "%",
        "---\n",
        "...\n",
        "\0",
        "\u{feff}",
        "é",
        "~",
        ".nan",
        "1e999",
        "0x",
        "-0",
        "\\u",
        "\\x0",
        "name",
        "@",
        "`",
        "%YAML 1.1\n",
        "!!binary ",
        "!<a> ",
    ]
    .map(str::as_bytes)
    .to_vec();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000 {
        let mut text = seeds[round % seeds.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            let end = (at + random.below(8)).min(text.len());
            match random.below(5) {
                0 if at < text.len() => text[at] = random.below(256) as u8,
                1 => drop(text.drain(at..end)),
                2 => drop(text.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                3 => drop(text.splice(at..end, text.clone().into_iter().take(random.below(40)))),
                _ => text.truncate(at.max(text.len() / 2)),
            }
        }
        if let Err(error) = Manifest::parse(Path::new("x.yaml"), &text) {
            let message = error.to_string();
            assert!(
                message.starts_with("x.yaml:"),
                "{message:?} for {:?}",
                String::from_utf8_lossy(&text)
            );
            assert!(
                !message.chars().any(|c| c.is_control() && c != '\n'),
                "{message:?}"
            );
            if let Error::Invalid { problems, .. } = error {
                assert!(!problems.is_empty());
                assert!(
                    problems
                        .iter()
                        .all(|problem| problem.line > 0 && problem.column > 0)
                );
            }
        }
    }
}
