//! Who a credential must turn out to be, held against who it turns out to be. Pure.

use std::collections::BTreeMap;

use podium_connector::{Fact, Identity};
use podium_diagnostics::{Error, ErrorKind};
use podium_model::environment::Expectation;
use podium_model::{CredentialName, Environment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::code;

/// What an environment expects of its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expected(BTreeMap<CredentialName, Vec<Expectation>>);

/// How an identity compares with what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Proof {
    /// How it stands.
    pub standing: ProofStanding,
    /// What is expected; a word that stands several times may be any of them.
    pub expected: Vec<Fact>,
    /// What was found under those words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Fact>>")]
    pub found: Vec<Fact>,
}

/// How an identity compares with what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProofStanding {
    /// It was asked, and is the one.
    Proven,
    /// It was asked, and is another one. Nothing is written with it.
    Another,
    /// It could not be asked, or the system does not tell. Nothing is written with it.
    Unproven,
    /// It is not asked: a simulator stands in, which takes anybody.
    Simulated,
}

impl Expected {
    /// What an environment expects, by credential: a slot without one expects nobody.
    pub fn of(environment: &Environment) -> Self {
        let mut all: BTreeMap<CredentialName, Vec<Expectation>> = BTreeMap::new();
        for (slot, expectation) in &environment.expect {
            let Some(name) = environment.credentials.get(slot) else {
                continue;
            };
            let of = all.entry(name.clone()).or_default();
            if !of.contains(expectation) {
                of.push(expectation.clone());
            }
        }
        Self(all)
    }

    /// Whether nobody in particular is expected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody in particular is expected behind this credential.
    pub fn names(&self, credential: &CredentialName) -> bool {
        self.0.contains_key(credential)
    }

    /// What is expected of a credential, as words and values.
    pub fn facts(&self, credential: &CredentialName) -> Vec<Fact> {
        let all = self.0.get(credential).into_iter().flatten().flatten();
        all.flat_map(|(what, values)| {
            values.iter().map(|value| Fact {
                what: what.clone(),
                value: value.clone(),
            })
        })
        .collect()
    }

    /// Holds an identity against what is expected of a credential. `identity` is absent where nobody tells.
    /// The error says what is not as it should be; whoever gives it to a person adds what was not done.
    pub fn hold(
        &self,
        credential: &CredentialName,
        identity: Option<&Identity>,
    ) -> Option<(Proof, Option<Error>)> {
        let expectations = self.0.get(credential)?;
        let expected = self.facts(credential);
        let proof = |standing, found| Proof {
            standing,
            expected: expected.clone(),
            found,
        };
        let Some(identity) = identity else {
            let error = unproven(credential, "its system has no call that says who it is.");
            return Some((proof(ProofStanding::Unproven, Vec::new()), Some(error)));
        };
        let mut found: Vec<Fact> = Vec::new();
        let mut untold: Option<&str> = None;
        let mut wrong: Option<Error> = None;
        for (what, right) in expectations.iter().flatten() {
            let is = facts(identity, what);
            for fact in &is {
                if !found.contains(fact) {
                    found.push(fact.clone());
                }
            }
            if is.is_empty() {
                untold = untold.or(Some(what));
            } else if !right
                .iter()
                .any(|right| is.iter().any(|fact| same(&fact.what, &fact.value, right)))
            {
                wrong = wrong.or_else(|| Some(another(credential, &is, right)));
            }
        }
        let (standing, error) = match (wrong, untold) {
            (Some(error), _) => (ProofStanding::Another, Some(error)),
            (None, Some(what)) => {
                let why = format!("`{}` does not say its `{what}`.", identity.system);
                (ProofStanding::Unproven, Some(unproven(credential, &why)))
            }
            (None, None) => (ProofStanding::Proven, None),
        };
        Some((proof(standing, found), error))
    }

    /// Where the identity could not be asked.
    pub fn unasked(
        &self,
        credential: &CredentialName,
        because: &Error,
    ) -> Option<(Proof, Option<Error>)> {
        self.0.get(credential)?;
        let mut error = unproven(credential, &because.message);
        error.kind = because.kind;
        error.retry = because.retry;
        if let Some(hint) = &because.hint {
            error = error.with_hint(hint.clone());
        }
        let error = error.with_context("because", because.code.as_str());
        Some((
            Proof {
                standing: ProofStanding::Unproven,
                expected: self.facts(credential),
                found: Vec::new(),
            },
            Some(error),
        ))
    }

    /// Where a simulator stands in for whoever it is.
    pub fn simulated(&self, credential: &CredentialName) -> Option<Proof> {
        self.0.get(credential)?;
        Some(Proof {
            standing: ProofStanding::Simulated,
            expected: self.facts(credential),
            found: Vec::new(),
        })
    }
}

/// What an identity says under a word; `account` is whatever the system calls it.
fn facts(identity: &Identity, what: &str) -> Vec<Fact> {
    let named = |word: &str| {
        let facts = identity.facts.iter().filter(|fact| fact.what == word);
        facts.cloned().collect::<Vec<_>>()
    };
    let own = named(what);
    match identity.facts.first() {
        Some(first) if own.is_empty() && what == "account" => named(&first.what),
        _ => own,
    }
}

/// Names are as they are written. An address is the same with and without its scheme and the slash at its
/// end, and in capitals; so is an id of hexadecimal digits.
fn same(what: &str, is: &str, right: &str) -> bool {
    match what {
        "server" => address(is) == address(right),
        "subscription" | "tenant" | "id" => is.eq_ignore_ascii_case(right),
        _ => is == right,
    }
}

fn address(text: &str) -> String {
    let text = text.trim_end_matches('/').to_ascii_lowercase();
    let plain = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    plain.unwrap_or(&text).to_owned()
}

fn another(credential: &CredentialName, is: &[Fact], right: &[String]) -> Error {
    let quoted = |values: &mut dyn Iterator<Item = &str>| {
        let all: Vec<String> = values.map(|value| format!("`{value}`")).collect();
        all.join(" or ")
    };
    let what = is.first().map_or("account", |fact| fact.what.as_str());
    let first = is.first().map_or("", |fact| fact.value.as_str());
    let expected = match right {
        [] => String::from("nobody whose name can be read"),
        _ => quoted(&mut right.iter().map(String::as_str)),
    };
    Error::new(
        ErrorKind::Forbidden,
        code::ANOTHER_IDENTITY,
        format!(
            "With `{credential}` this is the {what} `{first}`, and the environment expects {expected}. Nothing \
             was changed."
        ),
    )
    .with_hint(
        "Store the right login under that name, or bind another one in the environment. Where the environment \
         is wrong, correct `expect` in its file.",
    )
}

fn unproven(credential: &CredentialName, why: &str) -> Error {
    Error::new(
        ErrorKind::Forbidden,
        code::UNPROVEN,
        format!(
            "The environment expects somebody certain behind `{credential}`, and who it is could not be proven: \
             {why} Nothing was changed."
        ),
    )
    .with_hint(
        "Try again when it can be asked, or take the line out of `expect` in the environment's file.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Identity {
        Identity {
            system: "kubernetes".into(),
            account: "shops-eu at https://10.0.0.1:6443".into(),
            user: "deployer".into(),
            place: None,
            expires: None,
            facts: Fact::list([
                ("cluster", "shops-eu"),
                ("server", "https://10.0.0.1:6443"),
                ("user", "deployer"),
                ("user", "Deploy, Ada"),
            ]),
        }
    }

    fn expected(yaml: &str) -> Expected {
        let text = format!("credentials: {{ cluster: login, other: login }}\nexpect: {yaml}\n");
        let parsed = podium_model::parse::parse_environment("e.yaml", text.as_bytes());
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        Expected::of(&parsed.value.unwrap())
    }

    #[test]
    fn an_identity_is_who_is_expected_or_another_or_unproven() {
        use ProofStanding::{Another, Proven, Unproven};
        let login: CredentialName = "login".parse().unwrap();
        for (yaml, standing) in [
            ("{ cluster: shops-eu }", Proven),
            ("{ cluster: [shops-us, shops-eu] }", Proven),
            ("{ cluster: { account: shops-eu } }", Proven),
            ("{ cluster: { cluster: shops-eu, user: deployer } }", Proven),
            ("{ cluster: { user: \"Deploy, Ada\" } }", Proven),
            ("{ cluster: { server: \"10.0.0.1:6443/\" } }", Proven),
            ("{ cluster: { server: \"HTTPS://10.0.0.1:6443\" } }", Proven),
            ("{ cluster: Shops-EU }", Another),
            ("{ cluster: { cluster: shops-eu, user: root } }", Another),
            ("{ cluster: { server: \"10.0.0.1:644\" } }", Another),
            ("{ cluster: [] }", Another),
            // Two slots, one credential: both must hold.
            ("{ cluster: shops-eu, other: shops-us }", Another),
            ("{ cluster: shops-eu, other: shops-eu }", Proven),
            // A word that this system has not.
            ("{ cluster: { cluster: shops-eu, tenant: t } }", Unproven),
            ("{ cluster: { cluster: shops-us, tenant: t } }", Another),
        ] {
            let (proof, error) = expected(yaml).hold(&login, Some(&cluster())).unwrap();
            assert_eq!(proof.standing, standing, "{yaml}");
            assert_eq!(error.is_none(), standing == Proven, "{yaml}");
        }
    }

    #[test]
    fn nobody_who_tells_is_no_proof_and_nobody_expected_is_no_question() {
        let login: CredentialName = "login".parse().unwrap();
        let expected = expected("{ cluster: 000123456789 }");
        assert_eq!(expected.facts(&login)[0].value, "000123456789");
        let (proof, error) = expected.hold(&login, None).unwrap();
        assert_eq!(proof.standing, ProofStanding::Unproven);
        assert_eq!(error.unwrap().code, code::UNPROVEN);
        let other: CredentialName = "other".parse().unwrap();
        assert_eq!(expected.hold(&other, None), None);
    }

    #[test]
    fn the_words_say_who_it_is_and_who_is_expected() {
        let login: CredentialName = "login".parse().unwrap();
        let expected = expected("{ cluster: [shops-us, shops-ap] }");
        let (_, error) = expected.hold(&login, Some(&cluster())).unwrap();
        let error = error.unwrap();
        assert_eq!(error.code, code::ANOTHER_IDENTITY);
        assert_eq!(
            error.message,
            "With `login` this is the cluster `shops-eu`, and the environment expects `shops-us` or `shops-ap`. \
             Nothing was changed."
        );
    }
}
