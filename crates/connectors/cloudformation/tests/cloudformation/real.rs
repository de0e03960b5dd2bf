//! The checks against a real AWS API server.

use podium_testkit::skipped;

use crate::checks;
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
}
