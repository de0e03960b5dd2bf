//! Rules as short text, for the command line: `cut:POST @/stacks +2 x1`.

use std::fmt;
use std::str::FromStr;

use super::{Does, Rule, When};
use crate::transport::Method;

/// Every weather as it is written, with what it does.
pub const POSSIBLE: [(&str, &str); 9] = [
    (
        "throttle:SECONDS",
        "says 429 and when to come back; not handled",
    ),
    (
        "expire",
        "ends the token that is in use: 401 until another one comes",
    ),
    ("cut", "handles the call and loses the reply"),
    ("refuse", "resets the connection; not handled"),
    ("html:STATUS", "a proxy's HTML error page; not handled"),
    ("redirect:URL", "302 to another address; not handled"),
    ("slow:MILLISECONDS", "replies so much later"),
    (
        "status:CODE",
        "an empty reply with this status; not handled",
    ),
    (
        "fail:EXIT",
        "a tool ends with this exit code, in its own words; nothing happens",
    ),
];

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRule {
    /// Where, in characters, counted from 1.
    pub column: usize,
    /// What is wrong there, in a sentence.
    pub what: String,
}

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.what)
    }
}

impl std::error::Error for BadRule {}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.does {
            Does::Throttle {
                retry_after_seconds: None,
            } => f.write_str("throttle"),
            Does::Throttle {
                retry_after_seconds: Some(seconds),
            } => write!(f, "throttle:{seconds}"),
            Does::Expire => f.write_str("expire"),
            Does::Cut => f.write_str("cut"),
            Does::Refuse => f.write_str("refuse"),
            Does::Html { status } => write!(f, "html:{status}"),
            Does::Redirect { to } => write!(f, "redirect:{to}"),
            Does::Slow { milliseconds } => write!(f, "slow:{milliseconds}"),
            Does::Status { code, .. } => write!(f, "status:{code}"),
            Does::Fail { exit } => write!(f, "fail:{exit}"),
        }?;
        if let Some(method) = self.when.method {
            // An address holds `:` itself.
            let mark = if matches!(self.does, Does::Redirect { .. }) {
                " :"
            } else {
                ":"
            };
            write!(f, "{mark}{}", method.as_str())?;
        }
        if let Some(path) = &self.when.path {
            write!(f, " @{path}")?;
        }
        if let Some(after) = self.when.after {
            write!(f, " +{after}")?;
        }
        if let Some(times) = self.when.times {
            write!(f, " x{times}")?;
        }
        Ok(())
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let mut reader = Reader { text, at: 0 };
        reader.skip_spaces();
        let does = reader.does()?;
        let mut when = When::default();
        while reader.part(&mut when)? {}
        Ok(Self {
            when,
            ..does.rule()
        })
    }
}

struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong<T>(&self, at: usize, what: impl Into<String>) -> Result<T, BadRule> {
        Err(BadRule {
            column: self.text[..at].chars().count() + 1,
            what: what.into(),
        })
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes what is there up to one of these, or a space.
    fn until(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || ends.contains(&c))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// The same, without a count at its end (`3x2`), which is left.
    fn word(&mut self, ends: &[char]) -> &'a str {
        let word = self.until(ends);
        let bare = without_counts(word);
        self.at -= word.len() - bare.len();
        bare
    }

    fn number(&mut self, what: &str) -> Result<u64, BadRule> {
        let start = self.at;
        if !self.rest().starts_with(':') {
            return self.wrong(start, format!("{what} is missing, after `:`"));
        }
        self.at += 1;
        let start = self.at;
        let word = self.word(&[':', '@']);
        match word.parse() {
            Ok(number) => Ok(number),
            Err(_) => self.wrong(start, format!("{what} is a whole number, not `{word}`")),
        }
    }

    fn code(&mut self) -> Result<u16, BadRule> {
        let start = self.at;
        let number = self.number("a status")?;
        match u16::try_from(number) {
            Ok(code) if (200..=599).contains(&code) => Ok(code),
            _ => self.wrong(
                start + 1,
                format!("a status is between 200 and 599, not {number}"),
            ),
        }
    }

    fn exit(&mut self) -> Result<u8, BadRule> {
        let start = self.at;
        let number = self.number("an exit code")?;
        match u8::try_from(number) {
            Ok(exit) if exit > 0 => Ok(exit),
            _ => self.wrong(
                start + 1,
                format!("the exit code of a failure is between 1 and 255, not {number}"),
            ),
        }
    }

    fn does(&mut self) -> Result<Does, BadRule> {
        let start = self.at;
        let name = self.word(&[':', '@', '+']);
        let does = match name {
            "throttle" => Does::Throttle {
                retry_after_seconds: match self.rest().strip_prefix(':') {
                    // What follows may be the method.
                    Some(value) if !value.starts_with(|c: char| c.is_ascii_uppercase()) => {
                        Some(self.number("a number of seconds")?)
                    }
                    _ => None,
                },
            },
            "expire" => Does::Expire,
            "cut" => Does::Cut,
            "refuse" => Does::Refuse,
            "html" => Does::Html {
                status: self.code()?,
            },
            "redirect" => Does::Redirect {
                to: self.address()?,
            },
            "slow" => Does::Slow {
                milliseconds: self.number("a number of milliseconds")?,
            },
            "status" => Does::Status {
                code: self.code()?,
                body: None,
                content_type: None,
            },
            "fail" => Does::Fail { exit: self.exit()? },
            "" => return self.wrong(start, "the name of a weather is missing"),
            _ => return self.wrong(start, format!("`{name}` is no weather")),
        };
        Ok(does)
    }

    fn address(&mut self) -> Result<String, BadRule> {
        if !self.rest().starts_with(':') {
            return self.wrong(self.at, "an address is missing, after `:`");
        }
        self.at += 1;
        let start = self.at;
        let whole = self.until(&[]);
        // `…@/stacks` is a part of the path, `…@host` a part of the address.
        let to = whole.find("@/").map_or(whole, |at| &whole[..at]);
        self.at = start + to.len();
        let host = to
            .strip_prefix("https://")
            .or_else(|| to.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.starts_with(['/', ':', '?', '#'])) {
            return self.wrong(
                start,
                format!("an address is written as `https://host/path`, not `{to}`"),
            );
        }
        if let Some(odd) = to.find(|c: char| !c.is_ascii_graphic()) {
            return self.wrong(
                start + odd,
                "an address holds letters, digits and signs of ASCII alone",
            );
        }
        Ok(to.to_owned())
    }

    /// One of `:METHOD`, `@PATH-PART`, `+AFTER`, `xTIMES`; says whether there was one.
    fn part(&mut self, when: &mut When) -> Result<bool, BadRule> {
        self.skip_spaces();
        let start = self.at;
        let Some(sign) = self.rest().chars().next() else {
            return Ok(false);
        };
        self.at += sign.len_utf8();
        let twice = match sign {
            ':' => {
                let word = self.word(&[':', '@', '+']);
                let method = Method::ALL.into_iter().find(|m| m.as_str() == word);
                if method.is_none() {
                    let known = Method::ALL.map(Method::as_str).join(", ");
                    return self.wrong(
                        start + 1,
                        format!("`{word}` is none of the methods {known}"),
                    );
                }
                std::mem::replace(&mut when.method, method).is_some()
            }
            '@' => {
                let part = self.word(&[]).to_owned();
                if part.is_empty() {
                    return self.wrong(self.at, "a part of the path is missing, after `@`");
                }
                when.path.replace(part).is_some()
            }
            '+' => {
                let calls = self.count("the number of calls to let through first")?;
                when.after.replace(calls).is_some()
            }
            'x' => {
                let times = self.count("the number of calls to meet")?;
                if times == 0 {
                    return self.wrong(start + 1, "a rule that meets no call does nothing");
                }
                when.times.replace(times).is_some()
            }
            _ => {
                return self.wrong(
                    start,
                    format!(
                        "`{sign}` begins none of `:METHOD`, `@PATH-PART`, `+AFTER` and `xTIMES`"
                    ),
                );
            }
        };
        if twice {
            return self.wrong(start, "this is said twice");
        }
        Ok(true)
    }

    fn count(&mut self, what: &str) -> Result<u32, BadRule> {
        let start = self.at;
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        self.at += end;
        match rest[..end].parse() {
            Ok(count) => Ok(count),
            Err(_) => self.wrong(start, format!("{what} is missing or too large here")),
        }
    }
}

/// A word without `+3` and `x2` at its end.
fn without_counts(word: &str) -> &str {
    let mut word = word;
    loop {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if bare.len() == word.len() {
            return word;
        }
        match bare.strip_suffix(['x', '+']) {
            Some(shorter) => word = shorter,
            None => return word,
        }
    }
}
