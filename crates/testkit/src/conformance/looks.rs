//! What only looks.

use podium_connector::{
    Confidence, Connector, Phase, StepPreview, StepRequest, Support, UndoClass, Unknown, Verb,
};
use podium_diagnostics::ErrorKind;
use serde_json::Value;

use super::data::all_unknown;
use super::{Subject, Told, is_possible, is_sentence, operation_of, support};
use crate::FakeContext;

async fn preview(
    connector: &dyn Connector,
    cx: &FakeContext,
    request: &StepRequest,
) -> StepPreview {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    connector
        .preview(cx, request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", request.operation))
}

/// Who, where, in which account.
pub async fn it_proves_who_acts(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        cx.set_phase(Phase::Read);
        let operation = operation_of(connector.as_ref(), &scene.request);
        let needs = operation.credentials.iter().any(|port| port.required);
        let identity = connector
            .identify(&cx, &scene.request)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", operation.name));
        match identity {
            Some(identity) => {
                assert!(!identity.user.is_empty() && !identity.account.is_empty());
                assert!(!identity.system.is_empty());
            }
            None => assert!(!needs, "{} has a credential, and nobody's", operation.name),
        }
    }
    Ok(())
}

/// Not a stack trace: what to bind.
pub async fn without_a_credential_it_says_what_to_bind(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let mut any = false;
    for scene in subject.scenes() {
        let operation = operation_of(connector.as_ref(), &scene.request);
        if !operation.credentials.iter().any(|port| port.required) {
            continue;
        }
        any = true;
        let cx = FakeContext::playing([]);
        cx.set_phase(Phase::Read);
        let error = connector
            .identify(&cx, &scene.request)
            .await
            .expect_err("nobody acts");
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{error:?}");
        assert!(error.hint.is_some(), "{error:?}");
        assert!(cx.records().requests.is_empty());
    }
    if any {
        Ok(())
    } else {
        Err("no operation takes a credential of its own".into())
    }
}

/// The context refuses writes; what is there stays.
pub async fn a_preview_only_looks(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let before = subject.things(&cx).await;
        preview(connector.as_ref(), &cx, &scene.request).await;
        assert_eq!(
            subject.things(&cx).await,
            before,
            "{}",
            scene.request.operation
        );
        assert!(cx.records().accepted.is_empty());
    }
    Ok(())
}

/// It is hashed, and an approval is bound to the hash.
pub async fn a_preview_is_the_same_every_time(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let one = preview(connector.as_ref(), &cx, &scene.request).await;
        let other = preview(connector.as_ref(), &cx, &scene.request).await;
        assert_eq!(one, other);
    }
    Ok(())
}

/// Exact, or why not.
pub async fn a_preview_says_how_sure_it_is(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let told = preview(connector.as_ref(), &cx, &scene.request).await;
        let operation = &scene.request.operation;
        match told.confidence {
            Confidence::Exact => assert_eq!(told.because, None, "{operation}"),
            Confidence::Predicted | Confidence::Unknown => {
                assert!(
                    told.because.is_some_and(|why| !why.is_empty()),
                    "{operation}"
                );
            }
        }
        for change in &told.changes {
            assert!(
                !change.kind.is_empty() && !change.name.is_empty(),
                "{change:?}"
            );
        }
        for note in &told.notes {
            assert!(is_sentence(note), "{note}");
        }
    }
    Ok(())
}

/// Before the click.
pub async fn a_preview_says_how_it_is_undone(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let told = preview(connector.as_ref(), &cx, &scene.request).await;
        if matches!(told.undo.class, UndoClass::Manual | UndoClass::Impossible) {
            let why = told.undo.because.unwrap_or_default();
            assert!(is_sentence(&why), "{}: {why}", scene.request.operation);
        }
    }
    Ok(())
}

/// A plan has steps whose inputs come from steps before.
pub async fn a_preview_with_inputs_known_later_still_answers(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let mut requests = vec![all_unknown(&scene.request)];
        let operation = operation_of(connector.as_ref(), &scene.request);
        for name in operation.input["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let mut request = scene.request.clone();
            request.inputs.values.insert(name.into(), Value::Null);
            let after = vec!["before".parse().expect("a fixed valid step id")];
            request
                .inputs
                .unknown
                .insert(format!("/{name}"), Unknown { after });
            requests.push(request);
        }
        for request in requests {
            let told = preview(connector.as_ref(), &cx, &request).await;
            if told.confidence != Confidence::Exact {
                assert!(told.because.is_some(), "{request:?}");
            }
        }
    }
    Ok(())
}

/// The undo record is made before the first effect.
pub async fn preparing_changes_nothing(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        let told = preview(connector.as_ref(), &cx, &scene.request).await;
        let before = subject.things(&cx).await;
        cx.begin_attempt();
        let record = connector
            .prepare(&cx, &scene.request, &told)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", scene.request.operation));
        assert_eq!(subject.things(&cx).await, before);
        assert!(record.record.is_object() || record.record.is_null());
        assert!(!record.record.to_string().contains(super::CANARY));
    }
    Ok(())
}

/// Each field that offers choices has some place to take them from.
pub async fn every_choice_that_is_offered_live_can_be_asked_for(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let mut any = false;
    for scene in subject.scenes() {
        let operation = operation_of(connector.as_ref(), &scene.request);
        let fields = operation.input["properties"].as_object();
        for (name, schema) in fields.into_iter().flatten() {
            let Some(what) = schema["x-podium-discover"].as_str() else {
                continue;
            };
            any = true;
            let cx = subject.context().await;
            cx.set_phase(Phase::Read);
            let choices = connector
                .discover(&cx, &scene.request, what)
                .await
                .unwrap_or_else(|error| panic!("{}: {name}: {error:?}", operation.name));
            for choice in choices {
                assert!(
                    !choice.value.is_empty() && !choice.label.is_empty(),
                    "{name}"
                );
            }
        }
    }
    if any {
        Ok(())
    } else {
        Err("no field offers choices".into())
    }
}

/// No page is left out, and none comes twice.
pub async fn long_lists_are_walked_to_their_end(subject: &dyn Subject) -> Told {
    let (what, request, at_least) = subject.long_list()?;
    let cx = subject.crowded().await;
    cx.set_phase(Phase::Read);
    let choices = subject
        .connector()
        .discover(&cx, &request, what)
        .await
        .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert!(choices.len() >= at_least, "{} of {at_least}", choices.len());
    let unique: std::collections::BTreeSet<_> = choices.iter().map(|one| &one.value).collect();
    assert_eq!(unique.len(), choices.len());
    let asked = cx
        .records()
        .requests
        .iter()
        .filter(|asked| asked.starts_with("GET") || asked.starts_with("POST"))
        .count();
    assert!(asked > 3, "more than three pages, and only {asked} calls");
    Ok(())
}

/// Ids are unique, and every edge has two ends.
pub async fn its_own_graph_is_sound(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let mut any = false;
    for scene in subject.scenes() {
        if !is_possible(connector.as_ref(), &scene.request, Verb::Draw) {
            continue;
        }
        any = true;
        let cx = subject.context().await;
        cx.set_phase(Phase::Read);
        let drawing = connector
            .draw(&cx, &scene.request)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", scene.request.operation));
        let ids: std::collections::BTreeSet<_> =
            drawing.nodes.iter().map(|node| &node.id).collect();
        assert_eq!(ids.len(), drawing.nodes.len());
        for edge in &drawing.edges {
            assert!(
                ids.contains(&edge.from) && ids.contains(&edge.to),
                "{edge:?}"
            );
        }
    }
    if any {
        Ok(())
    } else {
        Err("no operation has a graph of its own, and the manifest says why".into())
    }
}

/// Never skipped in silence: the manifest's reason is in the error.
pub async fn verbs_that_are_not_possible_say_why(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        cx.set_phase(Phase::Read);
        for verb in [Verb::Drift, Verb::Discover, Verb::Draw] {
            let Support::No { because } = support(connector.as_ref(), &scene.request, verb) else {
                continue;
            };
            let request = &scene.request;
            let error = match verb {
                Verb::Drift => connector.drift(&cx, request).await.map(|_| ()),
                Verb::Discover => connector.discover(&cx, request, "x").await.map(|_| ()),
                _ => connector.draw(&cx, request).await.map(|_| ()),
            }
            .expect_err("it is not possible");
            assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}");
            assert!(error.message.contains(because.trim()), "{error:?}");
        }
    }
    Ok(())
}
