//! What takes it back.

use podium_connector::{Phase, StepRequest, UndoClass, UndoRecord};
use podium_diagnostics::ErrorKind;

use super::{CANARY, Scene, Subject, Told, again, is_sentence};
use crate::{FakeContext, walk};

/// A scene that ran, with what leads back, and what stood before.
struct Ran {
    cx: FakeContext,
    before: Vec<String>,
    record: UndoRecord,
    request: StepRequest,
}

async fn ran(subject: &dyn Subject, scene: &Scene) -> Ran {
    let cx = subject.context().await;
    let before = subject.standing(&cx).await;
    let walked = walk(subject.connector().as_ref(), &cx, &scene.request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", scene.request.operation));
    let mut record = walked.record;
    assert!(!record.record.to_string().contains(CANARY));
    if let (Some(learned), Some(facts)) = (walked.outcome.undo, record.record.as_object_mut()) {
        facts.insert("learned".into(), learned);
    }
    Ran {
        cx,
        before,
        record,
        request: again(&scene.request, "podium-undo-step-1"),
    }
}

impl Ran {
    fn is_possible(&self) -> bool {
        !matches!(
            self.record.undo.class,
            UndoClass::Manual | UndoClass::Impossible
        )
    }

    async fn undo(&self, subject: &dyn Subject) {
        self.cx.begin_attempt();
        self.cx.set_phase(Phase::Read);
        let connector = subject.connector();
        let told = connector
            .preview_undo(&self.cx, &self.request, &self.record)
            .await;
        told.unwrap_or_else(|error| panic!("{}: {error:?}", self.request.operation));
        self.cx.begin_attempt();
        self.cx.set_phase(Phase::Write);
        connector
            .undo(&self.cx, &self.request, &self.record)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.request.operation));
    }
}

/// As a preview of its own.
pub async fn an_undo_is_previewed_without_changing_anything(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let ran = ran(subject, &scene).await;
        let stands = subject.things(&ran.cx).await;
        let mut told = Vec::new();
        for _ in 0..2 {
            ran.cx.begin_attempt();
            ran.cx.set_phase(Phase::Read);
            let preview = connector
                .preview_undo(&ran.cx, &ran.request, &ran.record)
                .await;
            told.push(preview.unwrap_or_else(|error| {
                panic!("{}: {error:?}", scene.request.operation);
            }));
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(subject.things(&ran.cx).await, stands);
    }
    Ok(())
}

/// The one promise that everything else serves.
pub async fn undo_puts_back_what_was_there(subject: &dyn Subject) -> Told {
    let mut any = false;
    for scene in subject.scenes() {
        let ran = ran(subject, &scene).await;
        if !ran.is_possible() {
            continue;
        }
        any = true;
        ran.undo(subject).await;
        assert_eq!(
            subject.standing(&ran.cx).await,
            ran.before,
            "{}",
            scene.request.operation
        );
    }
    if any {
        Ok(())
    } else {
        Err("no scene can be undone, and each says why".into())
    }
}

/// Somebody clicks twice.
pub async fn undo_twice_is_harmless(subject: &dyn Subject) -> Told {
    let mut any = false;
    for scene in subject.scenes() {
        let ran = ran(subject, &scene).await;
        if !ran.is_possible() {
            continue;
        }
        any = true;
        ran.undo(subject).await;
        let after = subject.standing(&ran.cx).await;
        ran.cx.begin_attempt();
        ran.cx.set_phase(Phase::Write);
        let second = again(&ran.request, "podium-undo-step-2");
        let told = subject
            .connector()
            .undo(&ran.cx, &second, &ran.record)
            .await;
        if let Err(error) = told {
            assert!(
                matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict),
                "{error:?}"
            );
        }
        assert_eq!(subject.standing(&ran.cx).await, after);
    }
    if any {
        Ok(())
    } else {
        Err("no scene can be undone, and each says why".into())
    }
}

/// In a sentence, before and after.
pub async fn what_cannot_be_undone_says_why(subject: &dyn Subject) -> Told {
    let mut any = false;
    for scene in subject.scenes() {
        let ran = ran(subject, &scene).await;
        if ran.is_possible() {
            continue;
        }
        any = true;
        let why = ran.record.undo.because.clone().unwrap_or_default();
        assert!(is_sentence(&why), "{}: {why}", scene.request.operation);
        let things = subject.things(&ran.cx).await;
        ran.cx.begin_attempt();
        let told = subject
            .connector()
            .undo(&ran.cx, &ran.request, &ran.record)
            .await;
        if let Err(error) = told {
            assert!(
                matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Invalid),
                "{error:?}"
            );
        }
        assert_eq!(subject.things(&ran.cx).await, things);
    }
    if any {
        Ok(())
    } else {
        Err("every scene can be undone".into())
    }
}
