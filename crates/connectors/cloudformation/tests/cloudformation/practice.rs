//! The checks against the practice cloud.

use crate::checks;
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
}
