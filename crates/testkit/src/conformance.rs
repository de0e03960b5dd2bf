//! One suite for every connector: the sentences of `podium_connector::Connector` as checks with the same
//! names, told to a simulator or to the real system.
//!
//! A [`Subject`] says what is tried: the connector, a context with its far system and a credential, a
//! scene per operation, and moods of the far system. [`conform`](crate::conform) makes a test of each
//! check. A check that does not apply says so in the test's output, with the subject's reason; it never
//! passes in silence.

use std::sync::Arc;

use async_trait::async_trait;
use podium_connector::{Connector, Operation, StepRequest, Support, Verb};
use podium_model::OperationName;
use serde_json::Value;

use crate::FakeContext;

pub mod data;
pub mod faults;
pub mod looks;
pub mod moods;
pub mod runs;
pub mod undone;

/// Every secret of a subject's credentials holds this text, so that a leak is found anywhere.
pub const CANARY: &str = "canary-4f1d9c7b2e";

/// What is tried.
#[async_trait]
pub trait Subject: Send + Sync {
    /// What is not installed here, for want of which all its tests are skipped by name.
    fn missing(&self) -> Option<&'static str> {
        None
    }

    /// The connector, as the catalogue ships it.
    fn connector(&self) -> Arc<dyn Connector>;

    /// Why this operation has no scene: its far system does not have what the operation is about.
    fn without(&self, operation: &OperationName) -> Option<&'static str> {
        let _ = operation;
        None
    }

    /// A fresh far system and a context that reaches it, with a credential whose secrets hold
    /// [`CANARY`]. Files that the scenes need are in its workspace.
    async fn context(&self) -> FakeContext;

    /// One request at least for each operation, on what [`Subject::context`] has at the beginning.
    fn scenes(&self) -> Vec<Scene>;

    /// What stands at the far side, jobs included: a line each. It counts what was begun.
    async fn things(&self, cx: &FakeContext) -> Vec<String>;

    /// What an undo puts back: a line each, without the history that far systems keep.
    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        self.things(cx).await
    }

    /// A request that brings the far system into this mood, or why there is none.
    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str>;

    /// How it is reached; troubles on the line are tried where it is by HTTP.
    fn line(&self) -> Line;

    /// A list that is longer than three pages: what is discovered, and how many there are at least.
    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str>;

    /// The context in which [`Subject::long_list`] is long; the same as any other where that is cheap.
    async fn crowded(&self) -> FakeContext {
        self.context().await
    }
}

/// A request, and what is known of it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The request, its inputs all known and as a workflow would give them.
    pub request: StepRequest,
    /// Whether a job is begun at the far side, under an id that is kept.
    pub has_job: bool,
}

impl Scene {
    /// A scene without a far job.
    pub fn of(request: StepRequest) -> Self {
        Self {
            request,
            has_job: false,
        }
    }

    /// A scene that begins a far job.
    pub fn with_job(request: StepRequest) -> Self {
        Self {
            request,
            has_job: true,
        }
    }
}

/// A way in which a far system can behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// The job fails, in the system's own words.
    Fails,
    /// The job takes a minute at least.
    Slow,
    /// The job writes a log of thousands of lines.
    Chatty,
    /// The job reports a state for some time that no document names, and then ends well.
    OddState,
    /// The job waits for a person at the far side.
    WaitsForAPerson,
    /// The names in the request are in several scripts; it goes well.
    OtherScripts,
    /// The system refuses, with an error that is in the list of explained ones.
    Explained,
}

/// How a far system is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// By HTTP; a part of the path of the call that begins the work of the first scene.
    Http {
        /// For example `/deployments`.
        start: &'static str,
    },
    /// By a program on this computer.
    Process,
}

/// What a check tells: `Ok`, or why it does not apply.
pub type Told = Result<(), String>;

pub(crate) fn operation_of(connector: &dyn Connector, request: &StepRequest) -> Operation {
    connector
        .manifest()
        .operations
        .iter()
        .find(|operation| operation.name == request.operation)
        .cloned()
        .expect("the scene names an operation of the manifest")
}

pub(crate) fn support(connector: &dyn Connector, request: &StepRequest, verb: Verb) -> Support {
    operation_of(connector, request)
        .capability
        .get(verb)
        .clone()
}

pub(crate) fn is_possible(connector: &dyn Connector, request: &StepRequest, verb: Verb) -> bool {
    !matches!(support(connector, request, verb), Support::No { .. })
}

/// Whether a text reads as a sentence for people.
pub(crate) fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    text.chars().count() > 8 && text.ends_with(['.', '!', '?', ')', '`', '…'])
}

/// Problems of a value against a schema, a line each.
pub(crate) fn against(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    validator
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

/// A request for a later attempt of the same step, under a key of its own.
pub(crate) fn again(request: &StepRequest, key: &str) -> StepRequest {
    StepRequest {
        attempt: request.attempt + 1,
        key: key.to_owned(),
        resumed: false,
        remote: None,
        ..request.clone()
    }
}

/// The same attempt after a crash.
pub(crate) fn after_crash(cx: &FakeContext, request: &StepRequest) -> StepRequest {
    StepRequest {
        resumed: true,
        remote: cx.records().accepted.last().cloned(),
        ..request.clone()
    }
}

/// Makes a test of every check of the suite for one subject: `conform!(octopus, Octopus)`.
#[macro_export]
macro_rules! conform {
    ($name:ident, $subject:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "a subject may be named from anywhere")]
            use super::*;
            $crate::checks!($subject);
        }
    };
}

/// The names of all checks, and the tests made of them; used by [`conform`](crate::conform).
#[doc(hidden)]
#[macro_export]
macro_rules! checks {
    ($subject:expr) => {
        $crate::checks!(@ $subject; data:
            the_manifest_is_the_same_every_time,
            operations_carry_the_connectors_name,
            what_is_partly_or_not_possible_has_a_reason,
            every_input_has_a_label_help_and_a_place,
            every_output_has_a_label,
            errors_are_explained_with_cause_and_next_action,
            unconfirmed_facts_are_sentences,
            operations_that_write_name_the_rights_they_need,
            the_scenes_cover_every_operation,
            good_inputs_have_no_problem,
            inputs_known_later_are_no_problem,
        );
        $crate::checks!(@ $subject; looks:
            it_proves_who_acts,
            without_a_credential_it_says_what_to_bind,
            a_preview_only_looks,
            a_preview_is_the_same_every_time,
            a_preview_says_how_sure_it_is,
            a_preview_says_how_it_is_undone,
            a_preview_with_inputs_known_later_still_answers,
            preparing_changes_nothing,
            every_choice_that_is_offered_live_can_be_asked_for,
            long_lists_are_walked_to_their_end,
            its_own_graph_is_sound,
            verbs_that_are_not_possible_say_why,
        );
        $crate::checks!(@ $subject; runs:
            a_run_gives_the_outputs_it_promises,
            a_run_says_what_it_does,
            what_was_made_leads_to_a_page,
            the_far_id_is_kept,
            what_ran_is_verified,
            no_secret_is_seen_anywhere,
            after_a_crash_it_is_taken_up_and_not_done_twice,
            before_it_began_nothing_is_adopted,
            after_it_began_it_is_adopted,
            a_second_run_is_harmless_or_told,
            a_cancelled_run_stops,
            nothing_drifts_right_after_a_run,
        );
        $crate::checks!(@ $subject; undone:
            an_undo_is_previewed_without_changing_anything,
            undo_puts_back_what_was_there,
            undo_twice_is_harmless,
            what_cannot_be_undone_says_why,
        );
        $crate::checks!(@ $subject; moods:
            a_failed_job_gives_the_systems_own_reason,
            a_slow_job_can_be_cancelled,
            a_huge_log_is_told_line_by_line,
            an_unknown_state_is_watched_to_the_end,
            a_person_at_the_far_side_is_waited_for,
            names_in_any_script_come_through,
            a_known_error_is_explained,
        );
        $crate::checks!(@ $subject; faults:
            a_refused_credential_is_told_with_the_next_action,
            throttled_it_waits_and_goes_on,
            throttled_for_ever_it_says_so,
            an_expired_session_loses_nothing,
            a_lost_reply_is_not_done_twice,
            a_refused_connection_is_tried_again,
            an_unreachable_system_is_told,
            a_fault_of_the_server_in_the_middle_loses_nothing,
            a_proxys_page_is_called_one,
            a_redirect_is_not_followed,
        );
    };
    (@ $subject:expr; $part:ident: $($check:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $check() {
                let subject = $subject;
                if let Some(why) = $crate::conformance::Subject::missing(&subject) {
                    return $crate::skipped(why);
                }
                if let Err(because) = $crate::conformance::$part::$check(&subject).await {
                    println!("does not apply: {because}");
                }
            }
        )+
    };
}
