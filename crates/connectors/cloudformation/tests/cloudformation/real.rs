//! The checks against a real AWS API server.

use podium_testkit::skipped;

use crate::checks;
use crate::long;
use crate::nested;
use crate::world::World;

macro_rules! real {
    ($($(#[$doc:meta])* $name:ident => $check:path;)*) => {$(
        $(#[$doc])*
        #[tokio::test]
        async fn $name() {
            match World::real() {
                Some(world) => $check(&world).await,
                None => skipped("ministack is not in the folder that PODIUM_PEERS names"),
            }
        }
    )*};
}

real! {
    real_a_new_stack_is_previewed_made_and_undone => checks::new_stack;
    real_an_update_shows_both_sides_and_is_put_back => checks::update;
    real_a_stack_that_is_as_it_shall_be_is_left_alone => checks::no_change;
    real_a_failing_stack_names_its_first_cause => checks::failing;
    real_after_a_crash_nothing_is_done_twice => checks::crash;
    real_a_run_that_died_midway_is_taken_up => checks::midway;
    real_a_secret_goes_into_a_hidden_parameter => checks::secret;
    real_a_stack_is_deleted_and_made_anew => checks::delete;
    real_a_protected_stack_stays => checks::protected;
    real_a_change_behind_its_back_is_found => checks::drift;
    real_the_account_is_named => checks::identity;
    real_a_nested_stack_is_followed_inside_and_undone => nested::made_and_undone;
    real_a_failure_inside_a_nested_stack_is_named => nested::failing;
    real_a_long_template_is_deployed_changed_previewed_and_undone => long::deployed_changed_and_undone;
    real_a_stack_with_a_long_template_is_deleted_and_made_anew => long::deleted_and_made_anew;
    real_a_long_former_template_without_a_bucket_is_told => long::without_a_bucket_the_undo_says_so;
    real_what_was_in_the_bucket_before_stays => long::what_was_there_before_stays;
    real_a_run_that_broke_off_leaves_nothing_in_the_bucket_when_taken_up => long::taken_up_it_leaves_nothing;
    real_a_run_that_broke_off_leaves_nothing_in_the_bucket_when_undone => long::undone_it_leaves_nothing;
    real_several_steps_share_one_long_template => long::several_at_once;
    real_a_bucket_in_another_region_is_told => long::another_region;
    real_a_bucket_that_keeps_versions_keeps_none_of_the_template => long::versions;
    real_a_long_template_without_a_bucket_is_told => long::no_bucket;
    real_buckets_of_the_region_are_offered => long::offered;
    real_bad_weather_on_the_way_to_the_bucket_is_waited_out => long::bad_weather;
}
