use super::*;

fn map(text: &str) -> SourceMap {
    let (map, problems) = read("w.yaml", text.as_bytes());
    assert_eq!(problems, Vec::new(), "{text}");
    map.expect("no problems, so it is there")
}

/// `CODE line:column` of every problem.
fn problems(bytes: &[u8]) -> Vec<String> {
    let (map, problems) = read("w.yaml", bytes);
    assert_eq!(map.is_none(), !problems.is_empty());
    problems
        .iter()
        .map(|problem| {
            assert!(problem.hint.is_some(), "{problem:?}");
            let span = problem.span.expect("every problem has a place");
            format!("{} {}:{}", problem.code, span.start.line, span.start.column)
        })
        .collect()
}

fn text_at(map: &SourceMap, pointer: &str) -> String {
    let node = map.node(pointer).expect(pointer);
    map.text()[node.bytes.start as usize..node.bytes.end as usize].to_owned()
}

#[test]
fn what_a_merge_left_open_is_told_with_its_lines_and_both_sides() {
    let text = concat!(
        "podium: 1\n<<<<<<< HEAD\nname: A\n=======\nname: B ü\n>>>>>>> patient-visits\nsteps:\n",
        "<<<<<<< HEAD\r\n  a: {}\r\n  b: {}\r\n||||||| 1234\r\n  o: {}\r\n=======\r\n>>>>>>> x\r\n",
    );
    let (map, told) = read("w.yaml", text.as_bytes());
    assert!(map.is_none());
    let details: Vec<&str> = told.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "Lines 2 to 6 hold two versions that a merge left open: `HEAD` has `name: A`, `patient-visits` has `name: B ü`.",
            "Lines 8 to 14 hold two versions that a merge left open: `HEAD` has 2 lines, `x` has nothing there.",
        ]
    );
    assert_eq!(problems(text.as_bytes()), ["POD0029 2:1", "POD0029 8:1"]);
    // A text that only speaks of it, or stands deeper, is none; neither is half of one.
    map_of_none("a: |\n  <<<<<<< HEAD\n  x\n  =======\n  y\n  >>>>>>> z\n");
    let (_, told) = read("w.yaml", b"<<<<<<< HEAD\na: 1\n");
    assert!(told.iter().all(|one| one.code != MERGE_CONFLICT));
}

fn map_of_none(text: &str) {
    assert_eq!(map(text).text(), text);
}

#[test]
fn every_value_knows_its_bytes() {
    let map = map(concat!(
        "# top\na: plain text # why\nb: 'single' # why\nc: \"double\"\nd: |\n  one\n  two\n\n\n# after\n",
        "e: [1, {x: y}] # why\nf:\n  - 1\n  - k: v\n\n# end of f\ng:\nh: >-\n  folded\n  more\ni: &x\n  z: 1\nj: *x\n",
    ));
    for (pointer, expected) in [
        ("/a", "plain text"),
        ("/b", "'single'"),
        ("/c", "\"double\""),
        ("/d", "|\n  one\n  two"),
        ("/e", "[1, {x: y}]"),
        ("/e/1", "{x: y}"),
        ("/f", "- 1\n  - k: v"),
        ("/f/1", "k: v"),
        ("/g", ""),
        ("/h", ">-\n  folded\n  more"),
        ("/i", "z: 1"),
        ("/j", "*x"),
    ] {
        assert_eq!(text_at(&map, pointer), expected, "{pointer}");
    }
    assert_eq!(
        map.node("/j").unwrap().to_value(),
        serde_json::json!({"z": 1})
    );
    let g = map.value("/g").unwrap();
    assert_eq!((g.start.line, g.start.column), (17, 2));
    let key = map.key("/f/1/k").unwrap();
    assert_eq!((key.start.line, key.start.column), (14, 5));
}

#[test]
fn lines_and_columns_count_characters_whatever_the_line_ends() {
    for text in [
        "ä: ü\nб: [д, x]\n",
        "ä: ü\r\nб: [д, x]\r\n",
        "\u{feff}ä: ü\nб: [д, x]\n",
    ] {
        let map = map(text);
        let place = map.value("/б/1").unwrap();
        assert_eq!((place.start.line, place.start.column), (2, 8), "{text:?}");
        assert_eq!(
            &text[place.start.byte as usize..place.end.byte as usize],
            "x"
        );
        assert_eq!(map.key("/ä").unwrap().start.column, 1);
    }
}

#[test]
fn scalars_follow_the_core_schema_with_strict_booleans() {
    let map = map(
        "a: yes\nb: on\nc: true\nd: 1.10\ne: 0x1F\nf: ~\ng: 2026-01-02\nh: \"1\"\ni: +12\nj: .5\nk: 1e3\nl: 18446744073709551615\nm: '~'\nn: 1_000\n",
    );
    assert_eq!(
        map.root().to_value(),
        serde_json::json!({
            "a": "yes", "b": "on", "c": true, "d": 1.10, "e": 31, "f": null, "g": "2026-01-02", "h": "1",
            "i": 12, "j": 0.5, "k": 1000.0, "l": 18_446_744_073_709_551_615_u64, "m": "~", "n": "1_000",
        })
    );
}

#[test]
fn places_inside_a_text_are_exact() {
    let text = concat!(
        "a: x ${{ bad }}\nb: 'it''s ${{ bad }}'\nc: \"tab\\t ${{ bad }}\"\nd: |\n  one\n\n  two ${{ bad }}\n",
        "e: é ${{ bad }}\n",
    );
    let map = map(text);
    for (pointer, line, column) in [
        ("/a", 1, 10),
        ("/b", 2, 15),
        ("/c", 3, 15),
        ("/d", 7, 11),
        ("/e", 8, 10),
    ] {
        let Kind::Text(value) = &map.node(pointer).unwrap().kind else {
            panic!("{pointer} is a text")
        };
        let offset = value.find("bad").unwrap();
        let span = map.inside(pointer, offset, 3).unwrap();
        assert_eq!(
            (span.start.line, span.start.column),
            (line, column),
            "{pointer}"
        );
        assert_eq!(
            &text[span.start.byte as usize..span.end.byte as usize],
            "bad"
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    let deep_block: String = (0..70).fold(String::new(), |text, n| {
        format!("{text}{}a:\n", " ".repeat(n))
    });
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let mut wrong = Vec::new();
    for (bytes, expected) in [
        (&b"a: 1\nb: \xff\n"[..], "POD0001 2:4"),
        (b"\xff\xfea\0", "POD0001 1:1"),
        (b"a: 1\na: 2\n", "POD0004 2:1"),
        (b"a: [1, 2\nb: 3\n", "POD0003 2:2"),
        (b"a: 'x\n", "POD0003 1:4"),
        (b"a:\n\tb: 1\n", "POD0003 2:2"),
        (b"a: b: c\n", "POD0003 1:5"),
        (b"a: *nowhere\n", "POD0006 1:4"),
        (b"a: &a [*a]\n", "POD0006 1:8"),
        (b"a: 1\n---\nb: 1\n", "POD0007 2:1"),
        (b"? [a]\n: 1\n", "POD0008 1:3"),
        (b"a: {{ x }}\n", "POD0008 1:5"),
        (b"a: .inf\n", "POD0008 1:4"),
        (b"a: !foo 1\n", "POD0008 1:9"),
        (b"<<: {a: 1}\n", "POD0008 1:1"),
        (b"a: 0b101\n", "POD0009 1:4"),
        (deep.as_bytes(), "POD0005 1:65"),
        (deep_block.as_bytes(), "POD0005 65:65"),
        (bomb.as_bytes(), "POD0006 6:14"),
    ] {
        let found = problems(bytes);
        if found != [expected] {
            wrong.push(format!(
                "{} gave {found:?}, not {expected}",
                String::from_utf8_lossy(bytes)
            ));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(
        problems(b"a: 1\na: 2\nb: !x 1\nb: 2\n"),
        ["POD0004 2:1", "POD0008 3:7", "POD0004 4:1"]
    );
    assert_eq!(problems(&vec![b' '; MAX_BYTES + 1]), ["POD0002 1:1"]);
}

#[test]
fn an_empty_file_is_nothing() {
    for text in ["", "\u{feff}", "# only a comment\n", "---\n"] {
        assert_eq!(map(text).root().kind, Kind::Null, "{text:?}");
    }
}

#[test]
fn a_large_file_gets_the_same_answers_as_a_small_one() {
    let filler = "# filler\n".repeat(LARGE / 8);
    for text in [
        "a: 1\nb: [x, \"y\", {c: ~}]\n",
        "a: &x [1, 2]\nb: *x\n",
        "a: 1_000\nb: 0755\n",
        "a: 012\n",
        "a: yes\nb: 0o17\n",
        "a: 1\na: 2\n",
        "a: [1, 2\n",
        "a: 99999999999999999999999999\n",
        "<<: {a: 1}\n",
        "a: !!int x\n",
        "a: 1\n---\nb: 2\n",
        &format!("a: {}1{}\n", "[".repeat(63), "]".repeat(63)),
        &format!("a: {}1{}\n", "[".repeat(70), "]".repeat(70)),
        &format!("a: {}1{}\n", "[".repeat(5_000), "]".repeat(5_000)),
        &format!("a: &a [x]\n{}", alias_bomb()),
    ] {
        let (small, few) = read("w.yaml", text.as_bytes());
        let (large, many) = read("w.yaml", format!("{text}{filler}").as_bytes());
        let codes = |all: &[Diagnostic]| all.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes(&few), codes(&many), "{}", &text[..text.len().min(60)]);
        assert_eq!(
            small.map(|map| map.root().to_value()),
            large.map(|map| map.root().to_value()),
        );
    }
}

/// Each line stands for ten times the one before.
fn alias_bomb() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (name, before) in "bcdefghij".chars().zip("abcdefghi".chars()) {
        let many = vec![format!("*{before}"); 10].join(", ");
        let _ = writeln!(text, "{name}: &{name} [{many}]");
    }
    text
}
