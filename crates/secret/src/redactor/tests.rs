use super::*;

fn redactor(secrets: &[(&str, &str)]) -> Redactor {
    Redactor::new(
        secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::from(*value))),
    )
}

/// A small generator of numbers, the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn the_longer_of_two_secrets_that_begin_alike_is_hidden_whole() {
    let r = redactor(&[("short", "abcdefgh"), ("long", "abcdefghijkl")]);
    assert_eq!(
        r.redact("xxabcdefghijklyy abcdefghzz"),
        "xx[hidden: long]yy [hidden: short]zz"
    );
    let mut stream = r.stream();
    let mut out = stream.push(b"xxabcdefgh");
    out.extend(stream.push(b"ijklyy abcdefghzz"));
    out.extend(stream.finish());
    assert_eq!(out, b"xx[hidden: long]yy [hidden: short]zz");
}

#[test]
fn a_text_without_a_secret_is_not_even_copied() {
    let r = redactor(&[("key", "hunter2-hunter2")]);
    assert!(matches!(
        r.redact("nothing \x1b[31mhere\x1b[0m\r\n"),
        Cow::Borrowed(_)
    ));
    assert!(matches!(
        Redactor::new([]).redact("nothing"),
        Cow::Borrowed(_)
    ));
}

#[test]
fn colour_codes_and_carriage_returns_do_not_protect_a_secret() {
    let r = redactor(&[("key", "hunter2-hunter2")]);
    for text in [
        "hun\x1b[1;31mter2-hu\x1b[0mnter2",
        "hunter2\r-hunter2",
        "h\x1b(Bunter2-hunter2",
        "hunter2-hunte\x1b7r2",
    ] {
        assert_eq!(
            r.redact(&format!("\x1b[32m<{text}>\x1b[0m\r")),
            "\x1b[32m<[hidden: key]>\x1b[0m\r"
        );
    }
    // The text of a link is text.
    assert_eq!(
        r.redact("\x1b]8;;http://hunter2-hunter2\x07x"),
        "\x1b]8;;http://[hidden: key]\x07x"
    );
}

#[test]
fn every_form_is_hidden_alone_and_in_the_middle() {
    let values = [
        "p@ss/w+rd \"x\" 'y' <é>\\z",
        "line one is long\nline two is longer\n",
        "??>>~~~~????",
    ];
    for value in values {
        let secret = Secret::from(value);
        let r = Redactor::new([("key".to_owned(), secret.clone())]);
        for form in forms(&secret) {
            let text = [b"<<", form.as_slice(), b">>"].concat();
            let out = r.redact_bytes(&text).into_owned();
            assert!(
                out.starts_with(b"<<[hidden: key]"),
                "{}",
                String::from_utf8_lossy(&form)
            );
            assert!(!out.windows(form.len()).any(|window| window == form));
        }
    }
}

#[test]
fn base64_is_hidden_in_every_alignment_with_any_neighbours() {
    use base64::Engine as _;
    let r = redactor(&[("key", "wJalrXUtnFEMI/K7MDENG")]);
    for before in 0..7 {
        for after in 0..7 {
            let text = format!(
                "{}wJalrXUtnFEMI/K7MDENG{}",
                "u".repeat(before),
                ":".repeat(after)
            );
            for engine in [
                base64::engine::general_purpose::STANDARD,
                base64::engine::general_purpose::URL_SAFE,
            ] {
                let line = format!("Basic {} end", engine.encode(&text));
                let out = r.redact(&line);
                assert!(out.contains("[hidden: key]"), "{line}");
                // Of the secret's own 28 characters no more than one is left at each edge.
                assert!(
                    out.len() <= line.len() - 26 + "[hidden: key]".len(),
                    "{line} {out}"
                );
            }
        }
    }
}

#[test]
fn secrets_too_short_to_hide_are_named() {
    let r = redactor(&[("pin", "1234"), ("key", "hunter2-hunter2"), ("empty", "")]);
    assert_eq!(r.too_short(), ["pin", "empty"]);
    assert_eq!(r.redact("1234 hunter2-hunter2"), "1234 [hidden: key]");
}

#[test]
fn json_is_hidden_in_values_keys_and_numbers() {
    let r = redactor(&[("key", "hunter2-hunter2"), ("number", "1234567890123")]);
    let mut value = serde_json::json!({
        "a": ["x hunter2-hunter2", 1_234_567_890_123_u64, 5, null, true],
        "hunter2-hunter2": {"b": "fine"},
    });
    r.redact_json(&mut value);
    let hidden = serde_json::json!({
        "a": ["x [hidden: key]", "[hidden: number]", 5, null, true],
        "[hidden: key]": {"b": "fine"},
    });
    assert_eq!(value, hidden);
}

#[test]
fn shapes_are_hidden_only_when_asked_for() {
    let text = "AKIAIOSFODNN7EXAMPLE hunter2-hunter2";
    let r = redactor(&[("key", "hunter2-hunter2")]);
    assert_eq!(r.redact(text), "AKIAIOSFODNN7EXAMPLE [hidden: key]");
    assert_eq!(
        r.with_shapes().redact(text),
        "[hidden: possible secret] [hidden: key]"
    );
}

#[test]
fn nothing_is_held_that_cannot_become_a_secret() {
    let mut stream = redactor(&[("key", "hunter2-hunter2")]).stream();
    assert_eq!(stream.push(b"a prompt: "), b"a prompt: ");
    assert_eq!(stream.push(b"x hunter2"), b"x ");
    assert_eq!(stream.push(b"!\x1b["), b"hunter2!");
    assert_eq!(stream.push(b"0mhunter2-hunter2"), b"\x1b[0m[hidden: key]");
    assert!(stream.finish().is_empty());
}

#[test]
fn debug_shows_no_secret() {
    let r = redactor(&[("key", "hunter2-hunter2")]);
    let mut stream = r.stream();
    stream.push(b"hunter2-");
    let text = format!("{r:?} {stream:?}");
    assert!(!text.contains("hunter"), "{text}");
}

/// However a text is cut, the stream gives what the whole gives. Secrets over two letters make overlaps,
/// prefixes and near misses the rule.
#[test]
fn a_stream_gives_what_the_whole_text_gives() {
    let mut numbers = Numbers(42);
    for round in 0..400 {
        let letters: &[u8] = if round % 2 == 0 { b"ab" } else { b"abc\r" };
        let secrets: Vec<(String, Secret)> = (0..=numbers.below(5))
            .map(|n| {
                let length = 8 + numbers.below(9);
                let value: Vec<u8> = (0..length).map(|_| letters[numbers.below(2)]).collect();
                (format!("s{n}"), Secret::new(value))
            })
            .collect();
        let r = Redactor::new(secrets.clone());
        let mut text = Vec::new();
        while text.len() < 600 {
            match numbers.below(6) {
                0 => text.extend_from_slice(secrets[numbers.below(secrets.len())].1.expose()),
                1 => {
                    let value = secrets[numbers.below(secrets.len())].1.expose();
                    text.extend_from_slice(&value[..numbers.below(value.len())]);
                }
                2 => text.extend_from_slice(
                    [
                        &b"\x1b[31m"[..],
                        b"\x1b[",
                        b"\x1b",
                        b"\r",
                        b"\x1b(B",
                        b"\x1b(",
                        b"\x1b]0;",
                    ][numbers.below(7)],
                ),
                _ => text.push(letters[numbers.below(letters.len())]),
            }
        }
        let whole = r.redact_bytes(&text).into_owned();
        for most in [1, 2, 3, 7, 20, 100, 1000] {
            let mut stream = r.stream();
            let mut out = Vec::new();
            let mut rest = &text[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at((1 + numbers.below(most)).min(rest.len()));
                out.extend(stream.push(now));
                rest = later;
            }
            out.extend(stream.finish());
            assert!(
                out == whole,
                "round {round}, pieces of at most {most}:\n{}\n{}\n{}",
                String::from_utf8_lossy(&text).escape_debug(),
                String::from_utf8_lossy(&out).escape_debug(),
                String::from_utf8_lossy(&whole).escape_debug()
            );
        }
    }
}

/// A slow, plain reading of the promise, to hold the search against.
#[test]
fn the_whole_text_is_hidden_as_a_plain_reading_of_the_promise_says() {
    let mut numbers = Numbers(7);
    for _ in 0..300 {
        let secrets: Vec<(String, String)> = (0..=numbers.below(4))
            .map(|n| {
                (
                    format!("s{n}"),
                    (0..8 + numbers.below(6))
                        .map(|_| ['x', 'y'][numbers.below(2)])
                        .collect(),
                )
            })
            .collect();
        let r = Redactor::new(
            secrets
                .iter()
                .map(|(n, v)| (n.clone(), Secret::from(v.as_str()))),
        );
        let text: String = (0..300).map(|_| ['x', 'y'][numbers.below(2)]).collect();
        let mut plain = String::new();
        let mut at = 0;
        while at < text.len() {
            let longest = secrets
                .iter()
                .filter(|(_, value)| text[at..].starts_with(value.as_str()))
                .rev()
                .max_by_key(|(_, value)| value.len());
            if let Some((name, value)) = longest {
                plain.extend(["[hidden: ", name, "]"]);
                at += value.len();
            } else {
                plain.push_str(&text[at..=at]);
                at += 1;
            }
        }
        assert_eq!(r.redact(&text), plain);
    }
}
