//! The checks against the practice cloud.

use crate::checks;
use crate::long;
use crate::nested;
use crate::world::World;

macro_rules! practice {
    ($($name:ident => $check:path;)*) => {$(
        #[tokio::test]
        async fn $name() {
            $check(&World::practice()).await;
        }
    )*};
}

practice! {
    a_new_stack_is_previewed_made_and_undone => checks::new_stack;
    an_update_shows_both_sides_and_is_put_back => checks::update;
    a_stack_that_is_as_it_shall_be_is_left_alone => checks::no_change;
    a_failing_stack_names_its_first_cause => checks::failing;
    after_a_crash_nothing_is_done_twice => checks::crash;
    a_run_that_died_midway_is_taken_up => checks::midway;
    a_secret_goes_into_a_hidden_parameter => checks::secret;
    a_stack_is_deleted_and_made_anew => checks::delete;
    a_protected_stack_stays => checks::protected;
    a_change_behind_its_back_is_found => checks::drift;
    the_account_is_named => checks::identity;
    a_nested_stack_is_followed_inside_and_undone => nested::made_and_undone;
    a_failure_inside_a_nested_stack_is_named => nested::failing;
    a_long_template_is_deployed_changed_previewed_and_undone => long::deployed_changed_and_undone;
    a_stack_with_a_long_template_is_deleted_and_made_anew => long::deleted_and_made_anew;
    a_long_former_template_without_a_bucket_is_told => long::without_a_bucket_the_undo_says_so;
    what_was_in_the_bucket_before_stays => long::what_was_there_before_stays;
    a_run_that_broke_off_leaves_nothing_in_the_bucket_when_taken_up => long::taken_up_it_leaves_nothing;
    a_run_that_broke_off_leaves_nothing_in_the_bucket_when_undone => long::undone_it_leaves_nothing;
    several_steps_share_one_long_template => long::several_at_once;
    a_bucket_in_another_region_is_told => long::another_region;
    a_bucket_that_keeps_versions_keeps_none_of_the_template => long::versions;
    a_long_template_without_a_bucket_is_told => long::no_bucket;
    buckets_of_the_region_are_offered => long::offered;
    bad_weather_on_the_way_to_the_bucket_is_waited_out => long::bad_weather;
}
