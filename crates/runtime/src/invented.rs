//! Invented identities: credentials that no real system knows, and what they meet in a practice cloud.
//!
//! A practice environment needs no credential. Where it names one that is marked as invented, the calls
//! of its steps meet that identity's own weather: it ends, lacks a right, is over its limit. Its secrets
//! are never lent: no simulator asks for them. One that is real is not used in practice at all.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use podium_connector::weather::{Does, Effect, Rule, Weather};
use podium_connector::{HttpRequest, HttpResponse, Identity};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::CredentialName;
use podium_vault::{Credential, Practice};

use crate::clock;

/// A practice environment names a credential that is not stored.
const NOT_STORED: Code = Code::new("POD0534");
/// An invented identity was given to a real system.
const INVENTED: Code = Code::new("POD0533");
/// A rule of an invented identity cannot be read.
const BAD_RULE: Code = Code::new("POD0535");

/// The weather of the invented identities of one step.
#[derive(Debug, Default)]
pub(crate) struct Invented {
    each: Vec<(Mutex<Weather>, Option<i64>)>,
    /// Who they are.
    is: BTreeMap<String, String>,
}

/// What became of a call.
pub(crate) enum Met {
    /// It goes its way, so much later.
    Goes(std::time::Duration),
    /// It is answered with this.
    Answered(HttpResponse),
}

impl Invented {
    /// Those that a step of a practice environment names, as they are stored.
    pub(crate) fn of<'a>(
        names: impl Iterator<Item = &'a CredentialName>,
        stored: &[Credential],
    ) -> Result<Self> {
        let mut each = Vec::new();
        let mut is = BTreeMap::new();
        for name in names {
            let credential = stored
                .iter()
                .find(|credential| credential.name == *name)
                .ok_or_else(|| not_stored(name))?;
            if let Some(practice) = &credential.practice {
                each.push((Mutex::new(weather(practice)?), practice.ends_at_ms));
                is.extend(practice.is.clone());
            }
        }
        Ok(Self { each, is })
    }

    /// Who one is with them: a practice cloud takes anybody, and knows nobody.
    pub(crate) fn turn(&self, identity: &mut Identity) {
        let is = self.is.iter();
        identity.become_another(is.map(|(what, value)| (what.as_str(), value.as_str())));
    }

    /// What becomes of a call of this step.
    pub(crate) fn meet(&self, request: &HttpRequest) -> Met {
        let mut late = std::time::Duration::ZERO;
        for (weather, ends) in &self.each {
            if ends.is_some_and(|ends| ends <= clock::now()) {
                let ended = Weather::from(Does::status(401)).meet(request);
                if let Some(Effect::Answer(reply)) = ended {
                    return Met::Answered(reply);
                }
            }
            let mut weather = weather.lock().unwrap_or_else(PoisonError::into_inner);
            match weather.meet(request) {
                Some(Effect::Answer(reply)) => return Met::Answered(reply),
                Some(Effect::Late(time)) => late += time,
                // `weather` lets no other rule in.
                Some(Effect::Cut | Effect::Refuse) | None => {}
            }
        }
        Met::Goes(late)
    }
}

/// The weather of an identity. Only what a far system says to somebody: a connection breaks for all.
pub fn weather(practice: &Practice) -> Result<Weather> {
    practice
        .weather
        .iter()
        .map(|text| {
            let rule: Rule = text
                .parse()
                .map_err(|bad: podium_connector::weather::BadRule| bad_rule(text, &bad.what))?;
            if matches!(rule.does, Does::Cut | Does::Refuse) {
                return Err(bad_rule(
                    text,
                    "a connection that breaks is no matter of who one is",
                ));
            }
            Ok(rule)
        })
        .collect()
}

fn bad_rule(text: &str, because: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        BAD_RULE,
        format!("An identity cannot meet `{text}`: {because}."),
    )
    .with_hint(
        "Possible are `throttle:SECONDS`, `expire`, `status:CODE`, `html:CODE`, `slow:MILLISECONDS`; after each \
         may stand `:METHOD`, `@PATH-PART`, `+CALLS` and `xTIMES`.",
    )
}

fn not_stored(name: &CredentialName) -> Error {
    Error::new(
        ErrorKind::NotFound,
        NOT_STORED,
        format!("The practice environment names the identity `{name}`, which is not stored."),
    )
    .with_hint(
        "`podium demo DIR --complete` stores those of the demo, `podium credentials add NAME --kind KIND --practice` \
         one of your own; or take the line out of the environment: practice needs no credential.",
    )
}

/// Refuses an invented identity where a real system is asked.
pub(crate) fn real(lease: &podium_vault::Lease) -> Result<()> {
    if !lease.practice {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unauthorized,
        INVENTED,
        format!(
            "`{}` is an invented identity; no real system knows it, and none was asked.",
            lease.credential
        ),
    )
    .with_hint(
        "Name a credential of yours in the environment, or choose one with `practice: true`.",
    ))
}

#[cfg(test)]
mod tests {
    use podium_connector::Method;

    use super::*;

    fn stored(name: &str, practice: Option<Practice>) -> Credential {
        let mut credential = Credential::new(name.parse().unwrap(), "octopus", 0);
        credential.practice = practice;
        credential
    }

    fn of(name: &str, stored: &[Credential]) -> Result<Invented> {
        let name: CredentialName = name.parse().unwrap();
        Invented::of(std::iter::once(&name), stored)
    }

    fn status(invented: &Invented, method: Method) -> Option<u16> {
        let call = HttpRequest::write(method, "http://127.0.0.1:9/api/things");
        match invented.meet(&call) {
            Met::Answered(reply) => Some(reply.status),
            Met::Goes(_) => None,
        }
    }

    #[test]
    fn a_right_too_few_is_met_by_writes_alone() {
        let rule = Practice {
            weather: vec![String::from("status:403:POST")],
            ends_at_ms: None,
            is: BTreeMap::new(),
        };
        let looker = of("looker", &[stored("looker", Some(rule))]).unwrap();
        assert_eq!(status(&looker, Method::Get), None);
        assert_eq!(status(&looker, Method::Post), Some(403));
    }

    #[test]
    fn one_that_ends_is_taken_until_then() {
        for (ends, expected) in [
            (clock::now() - 1, Some(401)),
            (clock::now() + 600_000, None),
        ] {
            let practice = Practice {
                weather: Vec::new(),
                ends_at_ms: Some(ends),
                is: BTreeMap::new(),
            };
            let one = of("one", &[stored("one", Some(practice))]).unwrap();
            assert_eq!(status(&one, Method::Get), expected, "{ends}");
        }
    }

    #[test]
    fn a_real_one_is_not_used_in_practice_and_one_that_is_not_there_is_said() {
        let real = of("real", &[stored("real", None)]).unwrap();
        assert_eq!(status(&real, Method::Post), None);
        let error = of("gone", &[stored("real", None)]).unwrap_err();
        assert_eq!(error.code, NOT_STORED);
    }

    #[test]
    fn a_connection_that_breaks_is_no_matter_of_who_one_is() {
        for rule in ["cut:POST", "refuse", "thunder"] {
            let practice = Practice {
                weather: vec![rule.to_owned()],
                ends_at_ms: None,
                is: BTreeMap::new(),
            };
            assert_eq!(weather(&practice).unwrap_err().code, BAD_RULE, "{rule}");
        }
    }
}
