//! The connector through its verbs: the same sentences against the practice cluster and against a real
//! API server (`real_…`), and what only one of them can show.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on must say where"
)]

mod apply;
mod charts;
mod kustomize;
mod others;
mod real;
mod server;
mod specification;
mod vendor;
mod world;

use world::World;

macro_rules! sentences {
    ($($practice:ident $real:ident => $check:path;)*) => {$(
        #[tokio::test]
        async fn $practice() {
            $check(World::practice()).await;
        }

        #[test]
        fn $real() {
            real::on_server($check);
        }
    )*};
}

sentences! {
    what_is_previewed_is_made_and_taken_back_wholly real_what_is_previewed_is_made_and_taken_back_wholly => apply::what_is_previewed_is_made_and_taken_back_wholly;
    a_second_application_changes_nothing_and_says_so real_a_second_application_changes_nothing_and_says_so => apply::a_second_application_changes_nothing_and_says_so;
    a_change_shows_only_what_differs_and_undo_puts_it_back real_a_change_shows_only_what_differs_and_undo_puts_it_back => apply::a_change_shows_only_what_differs_and_undo_puts_it_back;
    fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back real_fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back => apply::fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back;
    the_values_of_a_secret_are_nowhere real_the_values_of_a_secret_are_nowhere => apply::the_values_of_a_secret_are_nowhere;
    a_definition_and_an_object_of_it_go_in_one_step real_a_definition_and_an_object_of_it_go_in_one_step => apply::a_definition_and_an_object_of_it_go_in_one_step;
    what_changed_since_the_preview_is_previewed_again real_what_changed_since_the_preview_is_previewed_again => apply::what_changed_since_the_preview_is_previewed_again;
    drift_names_what_somebody_changed_and_what_is_gone real_drift_names_what_somebody_changed_and_what_is_gone => apply::drift_names_what_somebody_changed_and_what_is_gone;
    the_drawing_shows_owners_and_what_points_to_what real_the_drawing_shows_owners_and_what_points_to_what => apply::the_drawing_shows_owners_and_what_points_to_what;
    a_cancel_stops_waiting_and_says_what_goes_on real_a_cancel_stops_waiting_and_says_what_goes_on => apply::a_cancel_stops_waiting_and_says_what_goes_on;
    a_chart_is_previewed_installed_upgraded_and_rolled_back real_a_chart_is_previewed_installed_upgraded_and_rolled_back => charts::a_chart_is_previewed_installed_upgraded_and_rolled_back;
    what_is_wrong_with_a_chart_is_told_in_helms_words real_what_is_wrong_with_a_chart_is_told_in_helms_words => charts::what_is_wrong_with_a_chart_is_told_in_helms_words;
    an_overlay_is_rendered_applied_and_taken_back real_an_overlay_is_rendered_applied_and_taken_back => kustomize::an_overlay_is_rendered_applied_and_taken_back;
    what_is_wrong_with_a_folder_is_told_with_its_place real_what_is_wrong_with_a_folder_is_told_with_its_place => kustomize::what_is_wrong_with_a_folder_is_told_with_its_place;
    what_is_deleted_is_made_anew_by_the_undo real_what_is_deleted_is_made_anew_by_the_undo => others::what_is_deleted_is_made_anew_by_the_undo;
    a_deletion_never_hits_another_object_of_the_same_name real_a_deletion_never_hits_another_object_of_the_same_name => others::a_deletion_never_hits_another_object_of_the_same_name;
    waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late real_waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late => others::waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late;
    a_restart_replaces_every_pod_once real_a_restart_replaces_every_pod_once => others::a_restart_replaces_every_pod_once;
    who_asks_and_what_they_may_is_told real_who_asks_and_what_they_may_is_told => others::who_asks_and_what_they_may_is_told;
    a_long_list_is_read_to_its_end real_a_long_list_is_read_to_its_end => others::a_long_list_is_read_to_its_end;
}

#[tokio::test]
async fn a_pod_that_does_not_run_fails_the_step_in_plain_words() {
    apply::a_pod_that_does_not_run_fails_the_step_in_plain_words().await;
}
