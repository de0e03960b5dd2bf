//! The same weather over a tool that is played: it ends with an error of its own, late, or is killed.

use std::time::Duration;

use super::{Does, Rule, Weather};
use crate::simulator::{SimulatedExit, SimulatedProcess, Simulator};
use crate::transport::Stream;

/// What a tool can stumble over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Something holds it up: a lock on the state, a full disk. `fail:EXIT`.
    Held,
    /// Where it fetches from asks to slow down. `throttle`.
    Throttled,
    /// What it reaches for does not answer. `refuse`.
    Unreachable,
    /// The credentials that it works with have ended. `expire`.
    Expired,
}

/// How a tool ends in trouble: its own words, and its own exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it writes.
    pub lines: Vec<(Stream, String)>,
    /// How it ends; a rule `fail:EXIT` sets another one.
    pub exit: SimulatedExit,
}

/// What whoever plays the tool has to do with a call that met a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolEffect {
    /// Say this and end; the simulator never sees the call, and nothing happens.
    Ends(Told),
    /// Let the simulator do its work, and die as by a kill before the last words.
    Cut,
    /// Wait so long first.
    Late(Duration),
}

/// The exit code of a program that was killed, as a shell gives it.
pub const KILLED: SimulatedExit = SimulatedExit(137);
/// How many of its last lines a program that is killed does not get to write.
pub const LOST_LINES: usize = 3;

impl Weather {
    /// What becomes of a call of a tool; `None` where it goes its way. A call that only asks, such as for a
    /// version, meets nothing.
    pub fn meet_tool(
        &mut self,
        call: &SimulatedProcess,
        simulator: &dyn Simulator,
    ) -> Option<ToolEffect> {
        let works = simulator
            .troubles()
            .iter()
            .any(|trouble| simulator.trouble(call, *trouble).is_some());
        let line = format!("{} {}", call.program, call.args.join(" "));
        for rule in &mut self.rules {
            let part = rule.when.path.as_deref();
            if rule.when.method.is_some() || part.is_some_and(|part| !line.contains(part)) {
                continue;
            }
            let effect = match (&rule.does, rule.does.trouble()) {
                (does, Some(trouble)) => simulator.trouble(call, trouble).map(|mut told| {
                    if let Does::Fail { exit } = does {
                        told.exit = SimulatedExit((*exit).into());
                    }
                    ToolEffect::Ends(told)
                }),
                (Does::Cut, None) => works.then_some(ToolEffect::Cut),
                (Does::Slow { milliseconds }, None) => {
                    works.then(|| ToolEffect::Late(Duration::from_millis(*milliseconds)))
                }
                _ => None,
            };
            if let Some(effect) = effect
                && rule.comes()
            {
                return Some(effect);
            }
        }
        None
    }
}

impl Rule {
    /// Whether it can ever meet a call of this simulator.
    pub fn has_meaning(&self, simulator: &dyn Simulator) -> bool {
        if simulator.speaks_http() {
            return !matches!(self.does, Does::Fail { .. });
        }
        let known = simulator.troubles();
        let does = match self.does.trouble() {
            Some(trouble) => known.contains(&trouble),
            None => matches!(self.does, Does::Cut | Does::Slow { .. }) && !known.is_empty(),
        };
        does && self.when.method.is_none()
    }
}

impl Does {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Fail { .. } => Some(Trouble::Held),
            Self::Throttle { .. } => Some(Trouble::Throttled),
            Self::Refuse => Some(Trouble::Unreachable),
            Self::Expire => Some(Trouble::Expired),
            _ => None,
        }
    }
}
