use podium_diagnostics::Severity;

use super::*;
use crate::document::{Join, Need, OnError, When};
use crate::tree::MAX_BYTES;
use crate::wanted::WantedTool;

const WHOLE: &str = r#"podium: 1
name: Open a shop branch
description: Network, servers, shop front and release, in that order.
inputs:
  branch: { type: string, title: Branch name, pattern: "^[a-z]{3,12}$" }
  size:   { type: string, enum: [small, large], default: small }
credentials:
  cloud:   { type: aws }
  cluster: { type: kubernetes, title: Where the shop runs }
steps:
  network:
    uses: terraform/apply
    credentials: { aws: cloud }
    with:
      directory: infra/network
      variables: { branch: "${{ inputs.branch }}" }
  shop:
    uses: kubernetes/apply # why
    title: Größe
    needs: [network, { step: other, on: always }]
    join: 1
    if: inputs.size == 'large' || environment.name == 'production'
    for_each: [1, 2]
    max_parallel: 4
    max_failures: 0
    on_error: continue
    off: true
    retry: { attempts: 5, backoff: 2s, factor: 1.5, max: 1m, on: [unreachable] }
    timeout: 2m
    undo: { uses: command/run, with: { program: clean } }
    note: |
      For *people*.
  other:
    uses: wait/for
    undo:
      - uses: command/run
      - uses: http/request
        with: { url: x }
        credentials: { bearer: cloud }
outputs:
  url: "${{ steps.shop.outputs.url }}"
"#;

/// `CODE line:column hint` of every problem.
fn check(text: &str, expected: &[&str]) {
    let parsed = parse_workflow("workflows/shop.yaml", text.as_bytes());
    assert_eq!(told(&parsed), expected, "{text}");
}

fn told<T>(parsed: &Parsed<T>) -> Vec<String> {
    parsed
        .diagnostics
        .iter()
        .map(|d| {
            let span = d.span.expect("every problem has a place");
            let (line, column) = (span.start.line, span.start.column);
            let hint = d.hint.as_deref().expect("every problem has a hint");
            format!("{} {line}:{column} {hint}", d.code)
        })
        .collect()
}

#[test]
fn a_whole_document_is_read() {
    let parsed = parse_workflow("workflows/shop.yaml", WHOLE.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    let document = parsed.value.expect("it is right");
    assert_eq!(document.name, "Open a shop branch");
    assert_eq!(document.inputs.len(), 2);
    assert_eq!(document.credentials["cluster"].kind, "kubernetes");
    let shop = &document.steps[&"shop".parse::<crate::StepId>().expect("a name")];
    assert_eq!(
        shop.needs,
        [
            Need {
                step: "network".parse().expect("a name"),
                on: When::Success
            },
            Need {
                step: "other".parse().expect("a name"),
                on: When::Always
            },
        ]
    );
    assert_eq!(
        (shop.join, shop.on_error, shop.off),
        (Join::AtLeast(1), OnError::Continue, true)
    );
    assert_eq!(shop.for_each.as_deref(), Some("[1,2]"));
    assert_eq!(shop.timeout.map(|time| time.millis), Some(120_000));
    let retry = shop.retry.as_ref().expect("it is there");
    assert_eq!(
        (
            retry.attempts,
            retry.backoff.millis,
            retry.max.map(|m| m.millis)
        ),
        (5, 2_000, Some(60_000))
    );
    assert_eq!(shop.undo.as_ref().map(Vec::len), Some(1));
    assert_eq!(shop.note, "For *people*.\n");
    let other = &document.steps[&"other".parse::<crate::StepId>().expect("a name")];
    assert_eq!(other.undo.as_ref().map(Vec::len), Some(2));
    let place = parsed.map.place("/steps/shop/uses").expect("it is there");
    assert_eq!((place.start.line, place.start.column), (18, 11));
    // What was read is written and read again as JSON without a loss.
    let json = serde_json::to_value(&document).expect("plain data");
    assert_eq!(
        serde_json::from_value::<Document>(json).expect("its own form"),
        document
    );
}

#[test]
fn every_problem_is_told_in_one_pass() {
    check(
        concat!(
            "podium: 1\nname: 5\nsteps:\n  my-step:\n    uses: terraform/apply\n  b:\n    use: x/y\n  c:\n    uses: terraform\n",
            "    nedes: [b]\n    colour: red\n    timeout: 30\n    join: none\n    off: yes\n  d:\n",
        ),
        &[
            "POD0013 2:7 Write `\"5\"`, in quotes.",
            "POD0016 4:3 Write `my_step`.",
            "POD0014 7:5 Did you mean `uses`?",
            "POD0021 9:11 Write the connector, a `/` and the operation, for example `terraform/apply`.",
            "POD0015 10:5 Did you mean `needs`?",
            "POD0020 11:5 Known here: `uses`, `title`, `with`, `needs`, `join`, `if`, `for_each`, `max_parallel`, `max_failures`, `retry`, `timeout`, `on_error`, `credentials`, `off`, `undo` and `note`.",
            "POD0017 12:14 Write `30s`.",
            "POD0018 13:11 Write one of `all`, `any` and `2`.",
            "POD0013 14:10 Write `true`.",
            "POD0014 15:3 Write for example `uses: terraform/apply` under the step's id.",
        ],
    );
}

#[test]
fn wrong_shapes_say_what_belongs_there() {
    for (text, expected) in [
        (
            "",
            "POD0010 1:1 Begin with `podium: 1`, then `name:` and `steps:`.",
        ),
        (
            "- a\n",
            "POD0010 1:1 Begin with `podium: 1`, then `name:` and `steps:`.",
        ),
        (
            "name: x\n",
            "POD0011 1:1 Write `podium: 1` as its first line.",
        ),
        (
            "podium: 2\nstepz: 1\n",
            "POD0012 1:9 Update Podium, or ask whoever wrote the file for one of this version.",
        ),
        ("podium: '1'\n", "POD0012 1:1 Write `podium: 1`."),
        (
            "podium: 1\nsteps:\n  - uses: a/b\n",
            "POD0013 3:3 Write `steps:` and under it each step by its id, without `-`: `network:` and its keys, indented.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    needs: b\n",
            "POD0013 5:12 Write `needs: [b]`.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    needs: [{step: b, on: fail}]\n",
            "POD0018 5:27 Did you mean `failure`?",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    needs: [my-step]\n",
            "POD0016 5:13 Write `my_step`.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    if: ${{ inputs.x }}\n",
            "POD0013 5:9 Write `inputs.x`.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    retry: { attempts: 0 }\n",
            "POD0019 5:24 Write a whole number from 1 to 1000.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: a/b\n    retry: { backoff: 2s }\n",
            "POD0014 5:5 Write for example `{ attempts: 3, backoff: 2s }`.",
        ),
        (
            "podium: 1\ncredentials:\n  cloud: aws\n",
            "POD0013 3:10 Write `{ type: aws }`.",
        ),
        (
            "podium: 1\ninputs:\n  a: string\n",
            "POD0013 3:6 Write what may be given, for example `{ type: string, default: small }`.",
        ),
        (
            "podium: 1\nsteps:\n  a:\n    uses: Terraform/Apply\n",
            "POD0021 4:11 Write `terraform/apply`.",
        ),
        (
            "podium: 1\nsteps:\n  a: 5\n",
            "POD0013 3:6 Write for example `uses: terraform/apply` under the step's id.",
        ),
    ] {
        check(text, &[expected]);
    }
}

#[test]
fn unknown_keys_are_kept_and_neutral() {
    let text = "podium: 1\nx-team: ops\nsteps:\n  a:\n    uses: a/b\n    colour: { dark: red }\n";
    let parsed = parse_workflow("w.yaml", text.as_bytes());
    assert!(
        parsed
            .diagnostics
            .iter()
            .all(|d| d.severity == Severity::Info)
    );
    assert_eq!(parsed.diagnostics.len(), 2);
    assert_eq!(parsed.diagnostics[1].address.step.as_deref(), Some("a"));
    let document = parsed.value.expect("it is right");
    assert_eq!(document.unknown["x-team"], "ops");
    assert_eq!(
        document.steps[0].unknown["colour"],
        serde_json::json!({"dark": "red"})
    );
    assert_eq!(document.name, "w");
}

#[test]
fn environments_and_workspaces_are_read() {
    let text = "order: 2\ntitle: Play\nvars: { a: 1 }\ncredentials: { cloud: acme-dev }\nprotect: { approval: true, confirm: type-name }\npractice: true\n";
    let parsed = parse_environment("environments/play.yaml", text.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    let environment = parsed.value.expect("it is right");
    assert!(environment.practice && environment.protect.approval);
    assert_eq!(environment.credentials["cloud"].as_str(), "acme-dev");

    let parsed = parse_environment(
        "e.yaml",
        b"protekt: { approval: true }\nprotect: { confirm: twice }\n",
    );
    assert_eq!(
        told(&parsed),
        [
            "POD0020 1:1 Known here: `order`, `title`, `vars`, `credentials`, `expect`, `protect`, `practice` and `podium`.",
            "POD0018 2:21 Write one of `type-name`.",
        ]
    );
    let parsed = parse_environment("e.yaml", b"protekt: { approval: true }\n");
    assert_eq!(told(&parsed), ["POD0015 1:1 Did you mean `protect`?"]);
    let parsed = parse_environment("e.yaml", b"protect: yes please\n");
    assert!(parsed.has_errors() && parsed.value.expect("readable").protect.approval);

    let text =
        "podium: 1\nname: Shops\ntools: { terraform: \">=1.5\" }\ndefault_environment: play\n";
    let parsed = parse_workspace("podium.yaml", text.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    assert_eq!(
        parsed.value.expect("it is right").tools["terraform"],
        WantedTool::Version(">=1.5".into())
    );
}

#[test]
fn an_environment_says_who_its_credentials_must_be() {
    let text = "credentials: { cloud: a, cluster: b, both: c }\nexpect:\n  cloud: 000123456789\n  cluster: [shops-eu, \
                shops-us]\n  both: { subscription: 5, user: ada }\n";
    let parsed = parse_environment("e.yaml", text.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    let expect = parsed.value.expect("it is right").expect;
    assert_eq!(expect["cloud"]["account"], ["000123456789"]);
    assert_eq!(expect["cluster"]["account"], ["shops-eu", "shops-us"]);
    assert_eq!(expect["both"]["subscription"], ["5"]);
    for (text, expected) in [
        (
            "credentials: { cluster: b }\nexpect: { clutser: x }\n",
            "POD0024 2:20 Did you mean `cluster`?",
        ),
        (
            "expect: { cluster: x }\n",
            "POD0024 1:20 Bind a credential under `credentials`, for example `cluster: NAME`.",
        ),
        (
            "credentials: { cluster: b }\nexpect: { cluster: { clutser: x } }\n",
            "POD0015 2:22 Did you mean `cluster`?",
        ),
        (
            "credentials: { cluster: b }\nexpect: { cluster: true }\n",
            "POD0013 2:20 Write `\"true\"`, in quotes.",
        ),
    ] {
        let parsed = parse_environment("e.yaml", text.as_bytes());
        assert_eq!(told(&parsed), [expected], "{text}");
        // Nobody who can be read is nobody who is right.
        let expect = parsed.value.expect("readable").expect;
        assert_eq!(expect.len(), 1, "{text}");
    }
}

#[test]
fn an_environment_says_when_runs_may_begin() {
    let text = "protect:\n  time_zone: europe/berlin\n  window: { days: mon-thu, from: 09:00, to: \"17:00\" }\n  freeze:\n    \
                - { days: friday, because: nobody is there }\n    - { from: 2026-12-20, to: 2027-01-03 }\n    - { from: \
                2026-11-27 }\n  override: true\n";
    let parsed = parse_environment("e.yaml", text.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    let protect = parsed.value.expect("it is right").protect;
    assert_eq!(protect.time_zone.as_deref(), Some("Europe/Berlin"));
    assert!(protect.may_override);
    let rules = protect.rules().expect("there are some");
    assert_eq!((rules.windows.len(), rules.freezes.len()), (1, 3));
    assert_eq!(rules.freezes[2].words(), "2026-11-27");

    for (text, expected) in [
        (
            "protect: { window: { days: friday } }\n",
            "POD0025 1:20 Write for example `time_zone: Europe/Berlin`.",
        ),
        (
            "protect: { time_zone: Europe/Berlyn, freeze: { days: friday } }\n",
            "POD0025 1:23 Did you mean `Europe/Berlin`?",
        ),
        (
            "protect: { time_zone: UTC, freeze: { days: freitag } }\n",
            "POD0025 1:44 Write for example `friday`, `mon-thu`, or `[monday, wednesday]`.",
        ),
        (
            "protect: { time_zone: UTC, window: { from: 9 } }\n",
            "POD0025 1:44 Write hour and minute in quotes, for example `\"09:00\"`; `\"24:00\"` is the end of the day.",
        ),
        (
            "protect: { time_zone: UTC, freeze: [{ from: 2026-13-01 }] }\n",
            "POD0025 1:45 Write year, month and day, for example `2026-12-20`, or `\"2026-12-20 18:00\"`.",
        ),
        (
            "protect: { time_zone: UTC, freeze: { from: 2026-12-20, to: 2026-12-19 } }\n",
            "POD0025 1:60 Write the last day of the freeze; it belongs to it.",
        ),
        (
            "protect: { time_zone: UTC, window: 9 to 5 }\n",
            "POD0013 1:36 Write for example `{ days: mon-thu, from: \"09:00\", to: \"17:00\" }`.",
        ),
    ] {
        let parsed = parse_environment("e.yaml", text.as_bytes());
        assert_eq!(told(&parsed), [expected], "{text}");
        assert!(parsed.has_errors());
    }
    // What cannot be read stays closed.
    let text = "protect: { time_zone: Nowhere/Land, window: { days: mon-sun } }\n";
    let parsed = parse_environment("e.yaml", text.as_bytes());
    let rules = parsed.value.expect("readable").protect.rules().unwrap();
    assert!(!rules.at(0).open);
    let text = "protect: { time_zone: UTC, freeze: { from: tomorrow } }\n";
    let parsed = parse_environment("e.yaml", text.as_bytes());
    let rules = parsed.value.expect("readable").protect.rules().unwrap();
    assert!(!rules.at(0).open);
}

#[test]
fn what_is_wanted_of_a_tool_is_read_or_said_to_be_wrong() {
    let sum = "A".repeat(64);
    let text = format!(
        "podium: 1\ntools:\n  ansible: {{ version: ~2.18, sha256: {sum} }}\n  jq: {{ sha256: [{sum}, \
         \"sha256:{sum}\"] }}\n"
    );
    let parsed = parse_workspace("podium.yaml", text.as_bytes());
    assert_eq!(parsed.diagnostics, Vec::new());
    let tools = parsed.value.expect("it is right").tools;
    assert_eq!(tools["ansible"].version(), Some("~2.18"));
    assert_eq!(tools["ansible"].checksums(), ["a".repeat(64)]);
    assert_eq!(tools["jq"].version(), None);
    assert_eq!(tools["jq"].checksums(), ["a".repeat(64), "a".repeat(64)]);

    let text = "podium: 1\ntools:\n  a: newest\n  b: 1.5\n  c: { sha256: abc }\n  d: {}\n";
    let parsed = parse_workspace("podium.yaml", text.as_bytes());
    let codes: Vec<&str> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.as_str())
        .collect();
    assert_eq!(codes, ["POD0023", "POD0013", "POD0023", "POD0023"]);
    assert!(parsed.value.expect("readable").tools.is_empty());
}

#[test]
fn a_catalog_says_what_a_person_may_run() {
    let text = "podium: 1\npeople: { operators: [ada, grace] }\ncatalog:\n  open: { category: Läden, \
                icon: store, for: [operators, linus] }\n  share: { category: Pages }\n  broken: { for: 7 }\n";
    let parsed = parse_workspace("podium.yaml", text.as_bytes());
    assert_eq!(
        told(&parsed),
        ["POD0013 6:18 Write for example `[operators]`."]
    );
    let workspace = parsed.value.expect("it can be read");
    assert_eq!(workspace.catalog["open"].category, "Läden");
    for (workflow, person, may) in [
        ("open", "ada", true),
        ("open", "linus", true),
        ("open", "mallory", false),
        ("open", "operators", true),
        ("share", "mallory", true),
        ("not listed", "mallory", true),
        // What was meant to keep people away must not let everybody in.
        ("broken", "ada", false),
    ] {
        assert_eq!(
            workspace.may_run(workflow, person),
            may,
            "{workflow} {person}"
        );
    }
}

/// A small generator, so that every run tries the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (sides.max(1) as u64)).unwrap_or_default()
    }
}

#[test]
fn no_mutation_of_a_document_makes_it_panic() {
    let words: [&[u8]; 22] = [
        b"\n",
        b"  ",
        b"\t",
        b": ",
        b"- ",
        b"[",
        b"]",
        b"{",
        b"}",
        b"'",
        b"\"",
        b"|\n",
        b">-\n",
        b"&a ",
        b"*a",
        b"!!str ",
        b"\xff",
        b"\xef\xbb\xbf",
        b"---\n",
        b"#",
        b"${{ ",
        b"\r\n",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for _ in 0..6_000 {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(bytes.len());
            match dice.roll(4) {
                0 => {
                    let end = (at + 1 + dice.roll(12)).min(bytes.len());
                    bytes.drain(at..end);
                }
                1 => {
                    let word = words[dice.roll(words.len())];
                    bytes.splice(at..at, word.iter().copied());
                }
                2 => {
                    let end = (at + dice.roll(80)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = dice.roll(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = u8::try_from(dice.roll(256)).unwrap_or_default();
                    }
                }
            }
        }
        assert!(bytes.len() < MAX_BYTES);
        let parsed = parse_workflow("w.yaml", &bytes);
        for diagnostic in &parsed.diagnostics {
            let span = diagnostic.span.expect("every problem has a place");
            assert!(span.start.line >= 1 && span.start.column >= 1 && span.end >= span.start);
            assert!(diagnostic.hint.is_some());
        }
        assert!(parsed.value.is_some() || parsed.has_errors());
        refused += usize::from(parsed.has_errors());
    }
    assert!(
        refused > 1_000,
        "mutations that change nothing test nothing: {refused}"
    );
}
