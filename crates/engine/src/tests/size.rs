//! The work is in proportion to what changed.

use serde_json::{Value, json};

use super::world::{Acts, World, plan};

/// One step, `width` after it, one after all of them.
fn fan(width: usize) -> Value {
    let mut steps = vec![json!({"id": "first"})];
    let mut names = Vec::new();
    for number in 0..width {
        steps.push(json!({"id": format!("s{number}"), "edges": ["first"]}));
        names.push(format!("s{number}"));
    }
    steps.push(json!({"id": "last", "edges": names}));
    Value::Array(steps)
}

fn considered(width: usize) -> usize {
    let mut world = World::started(&plan(&fan(width)), Acts::default());
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    world.considered
}

#[test]
fn a_fan_of_ten_thousand_steps_costs_ten_times_one_of_a_thousand() {
    let (small, large) = (considered(1_000), considered(10_000));
    assert!(large <= small * 10 + 100, "{small} and {large}");
    assert!(large <= 3 * 10_000, "{large} looks for 10,000 steps");
}
