//! Environments for screens, and the times at which runs may begin in them.

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::event::Outside;
use podium_model::{Environment, EnvironmentName};

use crate::types::{EnvironmentView, WindowView};

/// It is no time to begin a run.
const CLOSED: Code = Code::new("POD0752");
/// A reason was given, and this environment takes none.
const NO_OVERRIDE: Code = Code::new("POD0753");

/// An environment, for screens, as it stands at a moment.
pub(crate) fn environment_view(
    name: &EnvironmentName,
    environment: &Environment,
    now: i64,
) -> EnvironmentView {
    EnvironmentView {
        name: name.clone(),
        title: title(name, environment),
        practice: environment.practice,
        approval: environment.protect.approval,
        type_name: environment.protect.confirm.is_some(),
        read_only: environment.protect.read_only,
        vars: environment
            .vars
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        credentials: environment
            .credentials
            .iter()
            .map(|(slot, credential)| (slot.clone(), credential.clone()))
            .collect(),
        expect: environment
            .expect
            .iter()
            .map(|(slot, expectation)| (slot.clone(), expectation_words(expectation)))
            .collect(),
        window: window_view(environment, now),
    }
}

fn title(name: &EnvironmentName, environment: &Environment) -> String {
    if environment.title.is_empty() {
        name.to_string()
    } else {
        environment.title.clone()
    }
}

fn expectation_words(expectation: &podium_model::environment::Expectation) -> String {
    let all: Vec<String> = expectation
        .iter()
        .map(|(what, values)| format!("{what} {}", values.join(" or ")))
        .collect();
    all.join(", ")
}

fn window_view(environment: &Environment, now: i64) -> Option<WindowView> {
    let rules = environment.protect.rules()?;
    let standing = rules.at(now);
    Some(WindowView {
        open: standing.open,
        words: rules.words(&standing),
        until: standing.until,
        time_zone: rules.zone.name().to_owned(),
        windows: rules
            .windows
            .iter()
            .map(podium_calendar::window::Hours::words)
            .collect(),
        freezes: rules
            .freezes
            .iter()
            .map(podium_calendar::window::Freeze::words)
            .collect(),
        may_override: environment.protect.may_override,
    })
}

/// Whether a run may begin at this moment: refused outside the window and in a freeze, but for a reason
/// where the environment takes one. An `undo` is taken with a reason by every environment. What is given
/// stands in the journal.
pub(crate) fn may_begin_at(
    name: &EnvironmentName,
    environment: &Environment,
    undo: bool,
    reason: Option<&str>,
    now: i64,
) -> Result<Option<Outside>, Error> {
    let Some(rules) = environment.protect.rules() else {
        return Ok(None);
    };
    let standing = rules.at(now);
    if standing.open {
        return Ok(None);
    }
    let closed = rules.words(&standing);
    let title = title(name, environment);
    let may_override = undo || environment.protect.may_override;
    match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) if may_override => Ok(Some(Outside {
            closed,
            reason: reason.to_owned(),
        })),
        Some(_) => Err(Error::new(
            ErrorKind::Forbidden,
            NO_OVERRIDE,
            format!("{title} takes no reason to begin outside its window. {closed} Nothing was begun."),
        )
        .with_hint(
            "Wait until it is open. Whoever keeps the environment's file may set `override: true` under `protect`.",
        )),
        None => Err(Error::new(
            ErrorKind::Forbidden,
            CLOSED,
            format!("It is no time to change {title}. {closed} Nothing was begun."),
        )
        .with_hint(if may_override {
            "Wait until it is open, or give a reason (on the command line: `--override-window REASON`); it stands in \
             the run's record."
        } else {
            "Wait until it is open; this environment takes no exception."
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 2026-11-27, 11:00 in Berlin.
    const FRIDAY: i64 = 1_795_773_600_000;
    const THURSDAY: i64 = FRIDAY - 86_400_000;

    fn environment(more: &str) -> Environment {
        let text = format!(
            "title: Production\nprotect:\n  time_zone: Europe/Berlin\n  window: {{ days: mon-fri, from: \"09:00\", \
             to: \"17:00\" }}\n  freeze: {{ days: friday, because: nobody is there on Saturday }}\n{more}"
        );
        let parsed = podium_model::parse::parse_environment("e.yaml", text.as_bytes());
        assert_eq!(parsed.diagnostics, Vec::new());
        parsed.value.unwrap()
    }

    fn ask(environment: &Environment, undo: bool, reason: Option<&str>, now: i64) -> String {
        let name = "production".parse().unwrap();
        match may_begin_at(&name, environment, undo, reason, now) {
            Ok(None) => String::from("open"),
            Ok(Some(outside)) => format!("because {}", outside.reason),
            Err(error) => {
                assert!(error.message.contains("Monday 2026-11-30 09:00"), "{error}");
                error.code.as_str().to_owned()
            }
        }
    }

    #[test]
    fn a_closed_environment_takes_a_reason_where_it_says_so_and_to_take_back_always() {
        let strict = environment("");
        let lenient = environment("  override: true\n");
        for (environment, undo, reason, now, expected) in [
            (&strict, false, None, THURSDAY, "open"),
            (&strict, false, Some("fire"), THURSDAY, "open"),
            (&strict, false, None, FRIDAY, "POD0752"),
            (&strict, false, Some("fire"), FRIDAY, "POD0753"),
            (&lenient, false, None, FRIDAY, "POD0752"),
            (&lenient, false, Some("  "), FRIDAY, "POD0752"),
            (&lenient, false, Some(" fire "), FRIDAY, "because fire"),
            (&strict, true, None, FRIDAY, "POD0752"),
            (&strict, true, Some("fire"), FRIDAY, "because fire"),
        ] {
            assert_eq!(ask(environment, undo, reason, now), expected);
        }
        assert_eq!(ask(&Environment::default(), false, None, FRIDAY), "open");
    }

    #[test]
    fn a_screen_is_told_how_it_stands_and_when_that_changes() {
        let name = "production".parse().unwrap();
        let closed = environment_view(&name, &environment(""), FRIDAY)
            .window
            .unwrap();
        assert!(!closed.open && !closed.may_override);
        assert_eq!(
            closed.words,
            "Closed until Monday 2026-11-30 09:00 (Europe/Berlin): frozen, nobody is there on Saturday."
        );
        assert_eq!(closed.windows, ["Monday to Friday, 09:00 to 17:00"]);
        assert_eq!(closed.freezes, ["Friday: nobody is there on Saturday"]);
        let open = environment_view(&name, &environment(""), THURSDAY)
            .window
            .unwrap();
        assert!(open.open);
        assert_eq!(open.until, Some(THURSDAY + 6 * 3_600_000));
        let none = environment_view(&name, &Environment::default(), FRIDAY);
        assert_eq!(none.window, None);
    }
}
