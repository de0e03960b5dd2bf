//! What a connector is, as data.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use podium_model::OperationName;

use crate::explained::Explanation;

/// A connector, as data; forms, palette, docs and tables are drawn from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Manifest {
    /// The id, the first half of its operations' names: `terraform`.
    pub id: String,
    /// What people call it: `Terraform`.
    pub label: String,
    /// One sentence.
    pub summary: String,
    /// Two letters for the drawn mark, for example `Tf`; never a vendor's logo.
    pub mark: String,
    /// The hue of the mark, in degrees of OKLCH.
    pub hue: u16,
    /// Kinds of credential that this connector brings; the form to add one is drawn from it.
    pub credentials: Vec<CredentialKind>,
    /// Operations, in the order of the palette.
    pub operations: Vec<Operation>,
    /// Tools it drives, by program name in order of preference, for example `terraform`, `tofu`.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Programs that it uses beside its tools where they are installed, and does without where not. Not sent
    /// to the screens: `doctor` tells which are there.
    #[serde(skip)]
    #[ts(skip)]
    pub helpers: Vec<String>,
    /// Whether it acts on this computer alone. Practice environments use such a connector as it is:
    /// its effects are real, and its steps say Real.
    #[serde(default)]
    pub local: bool,
    /// Where its documentation is.
    #[serde(default)]
    pub links: Vec<String>,
    /// Facts of the contract that nobody could confirm, as whole sentences.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
    /// What the connector and its simulator were held against.
    #[serde(default)]
    pub checked: Vec<Checked>,
    /// The system's errors with cause and next action. Not sent to the screens: the layer
    /// [`Explaining`](crate::Explaining) puts them into the errors themselves.
    #[serde(skip)]
    #[ts(skip)]
    pub explained: Vec<Explanation>,
}

/// Something that a connector, or its simulator, was held against in the tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Checked {
    /// What kind of witness it is.
    pub against: CheckedAgainst,
    /// Its name and version: `Terraform 1.15.5`.
    pub what: String,
    /// The file of the test, from the root of the repository.
    pub by: String,
}

/// How good a witness is, the best first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "kebab-case")]
pub enum CheckedAgainst {
    /// The system itself, installed for the test.
    RealSoftware,
    /// The vendor's own client, driving our simulator.
    VendorClient,
    /// The vendor's published description of the interface, held against our requests and replies.
    VendorSpecification,
    /// Nothing but documents that were read.
    Documents,
}

/// One operation of a connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Operation {
    /// `connector/operation`.
    pub name: OperationName,
    /// A verb and a noun for the palette: `Apply a configuration`.
    pub title: String,
    /// One sentence: what it does.
    pub summary: String,
    /// JSON Schema (2020-12) of `with`. `title` and `description` of each property are its label and
    /// help. Extension keywords: `x-podium-order` (place in the form, small first),
    /// `x-podium-more: true` (folded under More), `x-podium-discover: NAME` (choices come live),
    /// `x-podium-kind` (which field is drawn, and the port's type: `path`, `directory`, `file`, `host`,
    /// `host-list`, `ip`, `cidr`, `address`, `region`, `duration`, `json`, `yaml`, `multiline`). The
    /// `format` of JSON Schema counts in the same way, such as `uri`, `hostname`, `ipv4`, `date-time`.
    #[ts(type = "any")]
    pub input: Value,
    /// JSON Schema of the outputs. A property with `additionalProperties: true` at the root means that
    /// further outputs are only known when it runs.
    #[ts(type = "any")]
    pub output: Value,
    /// Credentials it takes: the names used in a step's `credentials`.
    #[serde(default)]
    pub credentials: Vec<CredentialPort>,
    /// What it can do, verb by verb.
    pub capability: Capability,
    /// Whether running it can change anything outside.
    pub writes: bool,
    /// What happens when the reply of a start call is lost.
    pub delivery: Delivery,
    /// Rights that the identity needs, in the system's own words.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// A place where an operation takes a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CredentialPort {
    /// The name used in a step's `credentials`. `secrets.*` takes any name after the dot: a value that
    /// is handed to the tool under that name.
    pub name: String,
    /// The kind it takes: an id of a [`CredentialKind`].
    pub kind: String,
    /// Whether the step cannot run without it.
    pub required: bool,
    /// What it is for.
    pub title: String,
}

/// A kind of credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CredentialKind {
    /// The id, for example `aws`.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Its fields, in the order of the form.
    pub fields: Vec<CredentialField>,
}

/// One field of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CredentialField {
    /// The name.
    pub name: String,
    /// The label.
    pub label: String,
    /// One sentence of help.
    pub help: String,
    /// Whether it goes into the vault and never comes out. The others are stored in the clear and
    /// shown.
    pub secret: bool,
    /// Whether it must be there.
    pub required: bool,
}

/// A verb that every connector answers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Checks the inputs, without network or credentials.
    Validate,
    /// Proves who would do it.
    Identify,
    /// Says what would change.
    Preview,
    /// Does it.
    Run,
    /// Finds out after a crash what became of it.
    Observe,
    /// Stops it.
    Cancel,
    /// Checks afterwards that it is as intended.
    Verify,
    /// Takes it back.
    Undo,
    /// Says what was changed outside since.
    Drift,
    /// Offers choices for forms.
    Discover,
    /// Draws its own graph.
    Draw,
}

impl Verb {
    /// Every verb, in the order of a run's life.
    pub const ALL: [Self; 11] = [
        Self::Validate,
        Self::Identify,
        Self::Preview,
        Self::Run,
        Self::Observe,
        Self::Cancel,
        Self::Verify,
        Self::Undo,
        Self::Drift,
        Self::Discover,
        Self::Draw,
    ];
}

/// Whether a verb is possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "support", rename_all = "lowercase")]
pub enum Support {
    /// Wholly.
    Yes,
    /// In part.
    Partly {
        /// What is missing, as a whole sentence.
        because: String,
    },
    /// Not here.
    No {
        /// Why, as a whole sentence.
        because: String,
    },
}

impl Support {
    /// In part, for this reason.
    pub fn partly(because: impl Into<String>) -> Self {
        Self::Partly {
            because: because.into(),
        }
    }

    /// Not here, for this reason.
    pub fn no(because: impl Into<String>) -> Self {
        Self::No {
            because: because.into(),
        }
    }
}

/// One answer for each verb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(transparent)]
pub struct Capability(
    #[ts(as = "std::collections::HashMap<Verb, Support>")] IndexMap<Verb, Support>,
);

impl Capability {
    /// Every verb is possible; take back what is not with [`Capability::with`].
    pub fn all() -> Self {
        Self(
            Verb::ALL
                .into_iter()
                .map(|verb| (verb, Support::Yes))
                .collect(),
        )
    }

    /// Sets the answer for one verb.
    #[must_use]
    pub fn with(mut self, verb: Verb, support: Support) -> Self {
        self.0.insert(verb, support);
        self
    }

    /// The answer for one verb.
    pub fn get(&self, verb: Verb) -> &Support {
        const MISSING: &Support = &Support::Yes;
        self.0.get(&verb).unwrap_or(MISSING)
    }
}

/// What happens when the reply of a start call is lost (SECURITY, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub enum Delivery {
    /// Doing it twice is the same as doing it once.
    Idempotent,
    /// The system takes a key and does it once.
    EffectivelyOnce,
    /// It may have happened; after a crash it is looked for, else asked.
    AtLeastOnce {
        /// How it is looked for, as a whole sentence.
        how: String,
    },
    /// It is never tried again by itself.
    AtMostOnce,
}
