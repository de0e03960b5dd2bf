mod documents;

use serde_json::{Value, json};

use super::*;
use documents::DOCUMENTS;

fn id(name: &str) -> StepId {
    name.parse().unwrap()
}

fn value(text: &str) -> Value {
    let (source, problems) = tree::read("", text.as_bytes());
    source
        .unwrap_or_else(|| panic!("{problems:?}\n{text}"))
        .root()
        .to_value()
}

fn field(pointer: &str, value: Value) -> Edit {
    Edit::SetField {
        pointer: pointer.into(),
        value,
    }
}

fn add_step(name: &str, after: Option<&str>) -> Edit {
    Edit::AddStep {
        id: id(name),
        uses: "http/check".parse().unwrap(),
        title: Some("New: \"one\"".into()),
        with: json!({"url": "${{ steps.alpha.outputs.url }}", "text": "two\nlines\n", "list": [1, true, null, "no"]})
            .as_object()
            .unwrap()
            .clone(),
        after: after.map(id),
    }
}

/// One edit, what it makes of the value, and which lines it may take: those that hold one of the words.
struct Case {
    name: &'static str,
    edit: Edit,
    intend: fn(&mut Value),
    words: &'static [&'static str],
    /// Comments with this word may go.
    gone: &'static str,
}

fn step<'a>(root: &'a mut Value, name: &str) -> &'a mut serde_json::Map<String, Value> {
    root["steps"][name].as_object_mut().unwrap()
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "set a value",
            edit: field("/steps/beta/with/directory", json!("infra/new: place")),
            intend: |root| root["steps"]["beta"]["with"]["directory"] = json!("infra/new: place"),
            words: &["directory", "DIR"],
            gone: "in DIR",
        },
        Case {
            name: "add to a step",
            edit: field("/steps/beta/retry/attempts", json!(3)),
            intend: |root| {
                step(root, "beta").insert("retry".into(), json!({"attempts": 3}));
            },
            words: &["beta"],
            gone: "",
        },
        Case {
            name: "add to a map of inputs",
            edit: field("/steps/alpha/with/new", json!(["a", {"b": "c"}])),
            intend: |root| root["steps"]["alpha"]["with"]["new"] = json!(["a", {"b": "c"}]),
            words: &["one", "five"],
            gone: "",
        },
        Case {
            name: "remove an entry",
            edit: Edit::RemoveField {
                pointer: "/steps/beta/with/directory".into(),
            },
            intend: |root| {
                root["steps"]["beta"]["with"]
                    .as_object_mut()
                    .unwrap()
                    .shift_remove("directory");
            },
            words: &["directory", "DIR"],
            gone: "DIR",
        },
        Case {
            name: "insert a step in the middle",
            edit: add_step("gamma", Some("alpha")),
            intend: |root| {
                let steps = root["steps"].as_object_mut().unwrap();
                let new = json!({"uses": "http/check", "title": "New: \"one\"", "with": {
                    "url": "${{ steps.alpha.outputs.url }}", "text": "two\nlines\n", "list": [1, true, null, "no"]}});
                let at = steps.keys().position(|key| key == "alpha").unwrap() + 1;
                steps.shift_insert(at, "gamma".into(), new);
            },
            words: &["FLOWSTEPS"],
            gone: "",
        },
        Case {
            name: "rename a step",
            edit: Edit::RenameStep {
                id: id("alpha"),
                to: id("first_one"),
            },
            intend: |root| {
                let text = root["steps"].to_string();
                let text = text
                    .replace("steps.alpha", "steps.first_one")
                    .replace("\"alpha\"", "\"first_one\"");
                root["steps"] = serde_json::from_str(&text).unwrap();
            },
            words: &["alpha"],
            gone: "",
        },
        Case {
            name: "append to a list",
            edit: Edit::AddNeed {
                step: id("beta"),
                needs: id("omega"),
                on: When::Failure,
            },
            intend: |root| {
                let need = json!({"step": "omega", "on": "failure"});
                root["steps"]["beta"]["needs"]
                    .as_array_mut()
                    .unwrap()
                    .push(need);
            },
            words: &["needs", "alpha"],
            gone: "",
        },
        Case {
            name: "remove a step and from a list",
            edit: Edit::RemoveStep { id: id("alpha") },
            intend: |root| {
                root["steps"].as_object_mut().unwrap().shift_remove("alpha");
                step(root, "beta").shift_remove("needs");
            },
            words: &[
                "alpha",
                "ALPHA",
                "one",
                "needs",
                "uses: terraform/apply",
                "command/run",
                "]",
                "with:",
            ],
            gone: "in ALPHA",
        },
    ]
}

/// The lines of `before` that are not in `after`, by the longest common subsequence.
fn taken<'a>(before: &'a str, after: &str) -> Vec<&'a str> {
    let (a, b): (Vec<_>, Vec<_>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut longest = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut gone) = (0, 0, Vec::new());
    while i < a.len() {
        if j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if j < b.len() && longest[i][j + 1] >= longest[i + 1][j] {
            j += 1;
        } else {
            gone.push(a[i]);
            i += 1;
        }
    }
    gone
}

fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.find("# ").map(|at| line[at..].trim_end()))
        .collect()
}

#[test]
fn twenty_documents_times_eight_edits_stay_right_and_local() {
    assert_eq!(DOCUMENTS.len(), 20);
    let mut failures = Vec::new();
    for (name, document) in DOCUMENTS {
        let before = document();
        for case in cases() {
            if let Err(why) = check(&before, &case) {
                failures.push(format!("== {name} / {}: {why}", case.name));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of 160\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn check(before: &str, case: &Case) -> Result<(), String> {
    let is_anchor_case = before.contains("&DIR") && case.words.contains(&"DIR");
    let after = match apply(before, std::slice::from_ref(&case.edit)) {
        Err(error) if is_anchor_case && error.code == USED_IN_PLACES => return Ok(()),
        Err(error) => return Err(error.to_string()),
        Ok(after) if is_anchor_case => return Err(format!("an anchor was edited\n{after}")),
        Ok(after) => after,
    };
    let mut intended = value(before);
    (case.intend)(&mut intended);
    let found = value(&after);
    if found != intended {
        return Err(format!("found {found}\nmeant {intended}\n{after}"));
    }
    for line in taken(before, &after) {
        let is_last = before.lines().last() == Some(line)
            || line.is_empty() && before.contains("DIR fra\n\n") && case.words.contains(&"DIR");
        if !case.words.iter().any(|word| line.contains(word)) && !is_last {
            return Err(format!("took the line {line:?}\n{after}"));
        }
    }
    let left = comments(&after);
    for comment in comments(before) {
        let may_go = !case.gone.is_empty() && comment.contains(case.gone);
        if !may_go && !left.contains(&comment) {
            return Err(format!("lost {comment:?}\n{after}"));
        }
    }
    if before.contains("\r\n") && after.matches('\n').count() != after.matches("\r\n").count() {
        return Err(format!("mixed ends of lines\n{after:?}"));
    }
    if before.starts_with('\u{FEFF}') != after.starts_with('\u{FEFF}') {
        return Err("lost the byte order mark".into());
    }
    if before.ends_with('\n') != after.ends_with('\n') {
        return Err(format!("changed the end of the file\n{after:?}"));
    }
    // What was added can be taken away again, and leaves nothing behind.
    Ok(())
}

#[test]
fn a_new_document_grows_from_an_empty_text() {
    let edits = [
        Edit::SetTop {
            key: "name".into(),
            value: json!("Öffne: einen Laden"),
        },
        add_step("alpha", None),
        field("/steps/beta", json!({"uses": "wait/for", "with": {}})),
        Edit::AddNeed {
            step: id("beta"),
            needs: id("alpha"),
            on: When::Success,
        },
        field(
            "/inputs/branch",
            json!({"type": "string", "pattern": "^[a-z]{3,12}$"}),
        ),
    ];
    for start in ["", "\u{FEFF}", "# about\n", "# about", "---\n", "# a\r\n"] {
        let text = apply(start, &edits).unwrap_or_else(|error| panic!("{start:?} {error}"));
        assert!(text.starts_with(start), "{text}");
        let read = value(&text);
        assert_eq!(read["podium"], json!(1));
        assert_eq!(read["name"], json!("Öffne: einen Laden"));
        assert_eq!(read["steps"]["beta"]["needs"], json!(["alpha"]));
        assert_eq!(read["inputs"]["branch"]["pattern"], json!("^[a-z]{3,12}$"));
    }
    let text = apply("", &edits).unwrap();
    assert_eq!(
        text,
        r#"podium: 1
name: "Öffne: einen Laden"
steps:
  alpha:
    uses: http/check
    title: 'New: "one"'
    with:
      url: "${{ steps.alpha.outputs.url }}"
      text: |
        two
        lines
      list: [1, true, null, "no"]
  beta:
    uses: wait/for
    needs: [alpha]
    with: {}
inputs:
  branch:
    type: string
    pattern: "^[a-z]{3,12}$"
"#
    );
    assert_eq!(
        value(
            &apply(
                "",
                &[Edit::SetTop {
                    key: "podium".into(),
                    value: json!(1)
                }]
            )
            .unwrap()
        ),
        json!({"podium": 1})
    );
    assert_eq!(apply("# x\n", &[]).as_deref(), Ok("# x\n"));
}

#[test]
fn every_text_can_be_written_and_read_back() {
    let texts = [
        "",
        " ",
        "a",
        "yes",
        "No",
        "null",
        "~",
        "1",
        "1.0",
        "0x1F",
        "1e5",
        "-",
        "- a",
        "? a",
        "a: b",
        "a #b",
        "#a",
        "'",
        "\"",
        "it's \"so\"",
        "\\n",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\na",
        " a\nb",
        "a\n  b\n",
        "a\n\nb",
        "a\r\nb",
        "\t",
        "a\tb\nc",
        "é",
        "日本語",
        "😀 x",
        "\u{85}",
        "\u{2028}",
        "\u{FEFF}",
        "\u{7}",
        "\u{0}",
        "${{ inputs.a }}",
        "${{ inputs.a == \"x\" }}",
        "${{ 'it' }}",
        "[a]",
        "{a}",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "a,b",
        "a]b",
        "a ",
        " a",
        "...",
        "---",
        "=",
        "<<",
        "2026-01-02",
        "12:30:00",
        "0o7",
        ".inf",
        "a: ",
        "a:",
        "://x",
        "http://x/y?z=1&q=[a]",
        "C:\\dir",
        "a\n---\nb",
        "a\n# b\n",
        "x\n \ny",
    ];
    let start = "podium: 1\nsteps:\n  s: { uses: a/b, with: { flow: 1 } }\n  t:\n    uses: a/b\n    with:\n      block: 1\n";
    for text in texts {
        for pointer in [
            "/steps/s/with/flow",
            "/steps/t/with/block",
            "/steps/s/with/new",
            "/steps/t/with/new",
            "/name",
        ] {
            for new in [
                json!(text),
                json!([text, text]),
                json!({"k": text}),
                json!({ "k": [{"step": text, "b": [text]}] }),
            ] {
                let after = apply(start, &[field(pointer, new.clone())])
                    .unwrap_or_else(|error| panic!("{text:?} {pointer} {error}"));
                assert_eq!(value(&after).pointer(pointer), Some(&new), "{after}");
            }
        }
        if text != "\u{0}" {
            let after = apply(
                start,
                &[field(
                    &format!("/steps/t/with/{}", crate::tree::escape(text)),
                    json!(1),
                )],
            );
            let after = after.unwrap_or_else(|error| panic!("key {text:?} {error}"));
            assert_eq!(value(&after)["steps"]["t"]["with"][text], json!(1));
        }
    }
    for number in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(1e-7),
        json!(u64::MAX),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
    ] {
        let after = apply(start, &[field("/steps/t/with/block", number.clone())]).unwrap();
        assert_eq!(
            value(&after)["steps"]["t"]["with"]["block"],
            number,
            "{after}"
        );
    }
}

#[test]
fn edits_that_do_not_fit_are_refused_with_a_code() {
    let text = "podium: 1\nname: x\nsteps:\n  alpha: { uses: a/b }\n  beta: { uses: a/b, needs: [alpha] }\n";
    let check = |text: &str, edit: Edit, code: Code| {
        let error = apply(text, &[edit]).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(
            error.message.ends_with('.') && error.hint.ends_with('.'),
            "{error}"
        );
    };
    check(text, Edit::RemoveStep { id: id("nope") }, NOT_THERE);
    check(text, add_step("alpha", None), ALREADY_THERE);
    check(text, add_step("gamma", Some("nope")), NOT_THERE);
    check(
        text,
        Edit::RenameStep {
            id: id("alpha"),
            to: id("beta"),
        },
        ALREADY_THERE,
    );
    check(
        text,
        Edit::RenameStep {
            id: id("nope"),
            to: id("beta"),
        },
        NOT_THERE,
    );
    check(
        text,
        Edit::RemoveField {
            pointer: "/steps/alpha/with".into(),
        },
        NOT_THERE,
    );
    check(
        text,
        Edit::RemoveField {
            pointer: String::new(),
        },
        NOT_THERE,
    );
    check(
        text,
        Edit::AddNeed {
            step: id("beta"),
            needs: id("nope"),
            on: When::Success,
        },
        NOT_THERE,
    );
    check(text, field("no pointer", json!(1)), NOT_THERE);
    check(text, field("/name/x", json!(1)), CANNOT_EDIT);
    check(text, field("/steps/beta/needs/9", json!(1)), CANNOT_EDIT);
    check("a: [", field("/name", json!(1)), CANNOT_READ);
    check("a: 1\na: 2\n", field("/name", json!(1)), CANNOT_READ);
    check("\"", field("/name", json!(1)), CANNOT_READ);
    // All or none.
    assert!(
        apply(
            text,
            &[
                field("/name", json!("y")),
                Edit::RemoveStep { id: id("nope") }
            ]
        )
        .is_err()
    );
}

#[test]
fn anchors_that_others_repeat_are_not_edited_silently() {
    let text = "podium: 1\nsteps:\n  alpha:\n    uses: a/b\n    with: &shared\n      one: 1\n      two: 2\n  beta:\n    uses: a/b\n    with: *shared\n  gamma:\n    uses: a/b\n    with: *shared\n";
    let error = apply(text, &[field("/steps/alpha/with/one", json!(2))]).unwrap_err();
    assert_eq!(error.code, USED_IN_PLACES);
    assert!(error.message.contains("3 places"), "{error}");
    for pointer in [
        "/steps/beta/with/one",
        "/steps/beta/with/new",
        "/steps/alpha/with/new",
    ] {
        assert_eq!(
            apply(text, &[field(pointer, json!(2))]).unwrap_err().code,
            USED_IN_PLACES
        );
    }
    let remove = Edit::RemoveStep { id: id("alpha") };
    assert_eq!(apply(text, &[remove]).unwrap_err().code, USED_IN_PLACES);
    // An alias itself can be replaced, and what stands beside it can be edited.
    let after = apply(text, &[field("/steps/beta/with", json!({"own": true}))]).unwrap();
    assert_eq!(
        value(&after)["steps"]["gamma"]["with"],
        json!({"one": 1, "two": 2})
    );
    assert_eq!(value(&after)["steps"]["beta"]["with"], json!({"own": true}));
    let after = apply(
        text,
        &[
            Edit::RemoveStep { id: id("gamma") },
            field("/steps/beta/title", json!("B")),
        ],
    )
    .unwrap();
    assert_eq!(value(&after)["steps"]["beta"]["title"], json!("B"));
}

#[test]
fn a_rename_changes_only_the_bytes_of_the_id() {
    let before = r#"podium: 1
name: steps.net is not one   # steps.net
steps:
  "net": # the net
    uses: a/b
  shop:
    uses: a/b
    needs: ["net", { step: net, on: always }]
    if: steps.net.status == 'succeeded' && steps['net'].outputs.x > 1 && steps.network.x
    for_each: steps.net.outputs.hosts.map(net, net.name)
    note: ${{ steps.net }} in a note is text
    with:
      a: "${{ steps.net.outputs.url }} and \"quoted\" ${{ steps.net.x }}"
      b: 'it''s ${{ steps.net.y }}'
      c: |
        first ${{ inputs.steps.net }}
        second ${{ steps.net.z }}
      d: >
        folded ${{ steps.net.z }}
        line
      e: net
outputs: { x: "${{ steps.net.outputs.x }}", y: steps.net }
"#;
    let after = apply(
        before,
        &[Edit::RenameStep {
            id: id("net"),
            to: id("network_of_all"),
        }],
    )
    .unwrap();
    let found = value(&after);
    let shop = &found["steps"]["shop"];
    assert_eq!(
        shop["needs"],
        json!(["network_of_all", {"step": "network_of_all", "on": "always"}])
    );
    assert_eq!(
        shop["if"],
        json!(
            "steps.network_of_all.status == 'succeeded' && steps['network_of_all'].outputs.x > 1 && steps.network.x"
        )
    );
    assert_eq!(
        shop["for_each"],
        json!("steps.network_of_all.outputs.hosts.map(net, net.name)")
    );
    assert_eq!(
        shop["with"]["c"],
        json!("first ${{ inputs.steps.net }}\nsecond ${{ steps.network_of_all.z }}\n")
    );
    assert_eq!(
        shop["with"]["d"],
        json!("folded ${{ steps.network_of_all.z }} line\n")
    );
    assert_eq!(
        (&shop["with"]["e"], &shop["note"]),
        (&json!("net"), &json!("${{ steps.net }} in a note is text"))
    );
    assert!(
        after.contains("  \"network_of_all\": # the net\n"),
        "{after}"
    );
    assert!(
        after.contains("needs: [\"network_of_all\", { step: network_of_all, on: always }]"),
        "{after}"
    );
    assert!(after.contains(r#"a: "${{ steps.network_of_all.outputs.url }} and \"quoted\" ${{ steps.network_of_all.x }}""#), "{after}");
    assert!(
        after.contains("b: 'it''s ${{ steps.network_of_all.y }}'"),
        "{after}"
    );
    assert!(
        after.contains("outputs: { x: \"${{ steps.network_of_all.outputs.x }}\", y: steps.net }"),
        "{after}"
    );
    let back = apply(
        &after,
        &[Edit::RenameStep {
            id: id("network_of_all"),
            to: id("net"),
        }],
    )
    .unwrap();
    assert_eq!(value(&back), value(before));
}

#[test]
fn what_a_step_needs_is_added_changed_and_removed() {
    let text = "podium: 1\nsteps:\n  a:\n    uses: x/y\n  b:\n    uses: x/y\n    if: inputs.x\n  c: { uses: x/y, needs: a }\n";
    let need = |step: &str, needs: &str, on| Edit::AddNeed {
        step: id(step),
        needs: id(needs),
        on,
    };
    let after = apply(text, &[need("b", "a", When::Success)]).unwrap();
    assert!(
        after.contains("    uses: x/y\n    needs: [a]\n    if: inputs.x\n"),
        "{after}"
    );
    assert_eq!(
        apply(&after, &[need("b", "a", When::Success)]).unwrap(),
        after
    );
    let after = apply(
        &after,
        &[need("b", "a", When::Always), need("b", "c", When::Success)],
    )
    .unwrap();
    assert!(
        after.contains("needs: [{ step: a, on: always }, c]"),
        "{after}"
    );
    let after = apply(
        &after,
        &[Edit::RemoveNeed {
            step: id("b"),
            needs: id("a"),
        }],
    )
    .unwrap();
    assert!(after.contains("needs: [c]"), "{after}");
    let after = apply(
        &after,
        &[Edit::RemoveNeed {
            step: id("b"),
            needs: id("c"),
        }],
    )
    .unwrap();
    assert_eq!(after, text);
    let after = apply(text, &[need("c", "b", When::Failure)]).unwrap();
    assert_eq!(
        value(&after)["steps"]["c"]["needs"],
        json!(["a", {"step": "b", "on": "failure"}])
    );
    let after = apply(
        text,
        &[Edit::RemoveNeed {
            step: id("c"),
            needs: id("a"),
        }],
    )
    .unwrap();
    assert_eq!(value(&after)["steps"]["c"], json!({"uses": "x/y"}));
}

#[test]
fn the_last_step_goes_and_a_first_one_comes_back() {
    let text =
        "podium: 1\n# all steps\nsteps:\n  # the only one\n  a:\n    uses: x/y # in a\n# end\n";
    let after = apply(text, &[Edit::RemoveStep { id: id("a") }]).unwrap();
    assert_eq!(value(&after), json!({"podium": 1, "steps": {}}));
    assert!(
        after.contains("# all steps") && after.contains("# end"),
        "{after}"
    );
    let after = apply(&after, &[add_step("b", None)]).unwrap();
    assert_eq!(value(&after)["steps"]["b"]["uses"], json!("http/check"));
}

#[test]
fn a_new_step_stands_below_the_comments_of_the_one_before() {
    let text = "steps:\n  a:\n    uses: x/y\n    # end of a\n\n  # about b\n  b:\n    uses: x/y\n  # end of steps\n";
    let after = apply(
        text,
        &[Edit::AddStep {
            id: id("new"),
            uses: "x/y".parse().unwrap(),
            title: None,
            with: Map::new(),
            after: Some(id("a")),
        }],
    )
    .unwrap();
    assert_eq!(
        after,
        "steps:\n  a:\n    uses: x/y\n    # end of a\n\n  new:\n    uses: x/y\n\n  # about b\n  b:\n    uses: x/y\n  # end of steps\n"
    );
}

#[test]
fn edits_travel_as_json() {
    let text = r#"{"edit":"add_need","step":"b","needs":"a","on":"failure"}"#;
    let edit: Edit = serde_json::from_str(text).unwrap();
    assert_eq!(
        edit,
        Edit::AddNeed {
            step: id("b"),
            needs: id("a"),
            on: When::Failure
        }
    );
    assert_eq!(serde_json::to_string(&edit).unwrap(), text);
    assert!(
        serde_json::from_str::<Edit>(r#"{"edit":"add_step","id":"Not An Id","uses":"a/b"}"#)
            .is_err()
    );
}
