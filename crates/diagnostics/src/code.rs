//! Stable names for things that go wrong.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A stable code such as `POD0012`; each has a page in `docs/errors/`.
///
/// Ranges: `POD00xx` reading a document · `POD01xx` its meaning (types, edges, expressions) ·
/// `POD02xx` edits and files · `POD03xx` tools and processes · `POD04xx` network and far systems ·
/// `POD05xx` credentials, vault, keychain · `POD06xx` journal, disk, locks · `POD07xx` runs, approvals,
/// previews · `POD08xx` arguments of commands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Code(Cow<'static, str>);

impl Code {
    /// Names a code. Use constants, so that one search finds every place that gives it.
    pub const fn new(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// The code as text, for example `POD0012`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
