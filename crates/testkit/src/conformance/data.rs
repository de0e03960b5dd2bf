//! What is said before the wire.
#![expect(
    clippy::unused_async,
    reason = "every check is awaited in the same way"
)]

use podium_connector::{Inputs, StepRequest, Support, Unknown, Verb};
use serde_json::Value;

use super::{Subject, Told, against, is_sentence, operation_of};

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// The manifest is data.
pub async fn the_manifest_is_the_same_every_time(subject: &dyn Subject) -> Told {
    let (one, other) = (subject.connector(), subject.connector());
    assert_eq!(one.manifest(), other.manifest());
    assert!(!one.manifest().operations.is_empty());
    Ok(())
}

/// `connector/operation`.
pub async fn operations_carry_the_connectors_name(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let manifest = connector.manifest();
    for operation in &manifest.operations {
        assert_eq!(operation.name.connector(), manifest.id);
        assert!(!operation.title.is_empty() && is_sentence(&operation.summary));
    }
    Ok(())
}

/// Support is said with a reason.
pub async fn what_is_partly_or_not_possible_has_a_reason(subject: &dyn Subject) -> Told {
    for operation in &subject.connector().manifest().operations {
        for verb in Verb::ALL {
            match operation.capability.get(verb) {
                Support::Yes => {}
                Support::Partly { because } | Support::No { because } => {
                    assert!(
                        is_sentence(because),
                        "{} {verb:?}: {because}",
                        operation.name
                    );
                }
            }
        }
    }
    Ok(())
}

/// The form is drawn from the schema.
pub async fn every_input_has_a_label_help_and_a_place(subject: &dyn Subject) -> Told {
    for operation in &subject.connector().manifest().operations {
        for (name, schema) in fields(&operation.input) {
            let at = format!("{}: {name}", operation.name);
            assert!(schema["title"].is_string(), "{at} has no label");
            assert!(schema["description"].is_string(), "{at} has no help");
            assert!(schema["x-podium-order"].is_number(), "{at} has no place");
        }
    }
    Ok(())
}

/// Later steps choose among outputs by their labels.
pub async fn every_output_has_a_label(subject: &dyn Subject) -> Told {
    for operation in &subject.connector().manifest().operations {
        for (name, schema) in fields(&operation.output) {
            let at = format!("{}: {name}", operation.name);
            assert!(schema["title"].is_string(), "{at} has no label");
        }
    }
    Ok(())
}

/// At least fifteen a system.
pub async fn errors_are_explained_with_cause_and_next_action(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let explained = &connector.manifest().explained;
    assert!(explained.len() >= 15, "only {} are", explained.len());
    for one in explained {
        assert!(
            is_sentence(&one.cause) && is_sentence(&one.next),
            "{}",
            one.id
        );
        assert!(!one.source.is_empty() && !one.when.is_empty(), "{}", one.id);
    }
    Ok(())
}

/// They are printed in the connector's page.
pub async fn unconfirmed_facts_are_sentences(subject: &dyn Subject) -> Told {
    for fact in &subject.connector().manifest().unconfirmed {
        assert!(is_sentence(fact), "{fact}");
    }
    Ok(())
}

/// A person asks an administrator for them.
pub async fn operations_that_write_name_the_rights_they_need(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let manifest = connector.manifest();
    let remote = manifest
        .operations
        .iter()
        .filter(|operation| operation.credentials.iter().any(|port| port.required));
    let mut any = false;
    for operation in remote.filter(|operation| operation.writes) {
        any = true;
        assert!(!operation.permissions.is_empty(), "{}", operation.name);
    }
    if any {
        Ok(())
    } else {
        Err("no operation takes a credential of its own".into())
    }
}

/// Nothing of the manifest is left untried.
pub async fn the_scenes_cover_every_operation(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let scenes = subject.scenes();
    let mut left_out = Vec::new();
    for operation in &connector.manifest().operations {
        let has_scene = scenes
            .iter()
            .any(|scene| scene.request.operation == operation.name);
        match subject.without(&operation.name) {
            None => assert!(has_scene, "{} has no scene", operation.name),
            Some(why) => {
                assert!(!has_scene, "{} has a scene all the same", operation.name);
                left_out.push(format!("{}: {why}", operation.name));
            }
        }
    }
    for scene in scenes {
        let operation = operation_of(connector.as_ref(), &scene.request);
        let inputs = Value::Object(scene.request.inputs.values.clone());
        let problems = against(&operation.input, &inputs);
        assert!(problems.is_empty(), "{}: {problems:?}", operation.name);
    }
    if left_out.is_empty() {
        Ok(())
    } else {
        Err(left_out.join("; "))
    }
}

/// `validate` finds nothing wrong with what is right, twice.
pub async fn good_inputs_have_no_problem(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let problems = connector.validate(&scene.request);
        assert!(
            problems.is_empty(),
            "{}: {problems:?}",
            scene.request.operation
        );
        assert_eq!(problems, connector.validate(&scene.request));
    }
    Ok(())
}

/// Nothing is wrong with what an earlier step will give.
pub async fn inputs_known_later_are_no_problem(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let request = all_unknown(&scene.request);
        let problems = connector.validate(&request);
        assert!(
            problems.iter().all(|problem| !problem.fatal),
            "{}: {problems:?}",
            request.operation
        );
    }
    Ok(())
}

/// The same request, with every input known after another step.
pub(super) fn all_unknown(request: &StepRequest) -> StepRequest {
    let mut inputs = Inputs::default();
    let after: podium_model::StepId = "before".parse().expect("a fixed valid step id");
    for name in request.inputs.values.keys() {
        inputs.values.insert(name.clone(), Value::Null);
        inputs.unknown.insert(
            format!("/{name}"),
            Unknown {
                after: vec![after.clone()],
            },
        );
    }
    StepRequest {
        inputs,
        ..request.clone()
    }
}
