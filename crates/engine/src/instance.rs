//! What an event about a step is about: the step, or one element of its `for_each`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use podium_model::StepId;

/// A step, or one element of a step with `for_each`. Its text form is `servers` or `servers[2]`, and for a
/// step of a called workflow `shop.servers` or `shop.servers[2]`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
#[ts(type = "string")]
pub struct Instance {
    /// The step.
    pub step: StepId,
    /// The element, counted from 0; absent for the step itself.
    pub item: Option<u32>,
}

impl Instance {
    /// One element of the step's `for_each`.
    pub fn item(step: StepId, item: u32) -> Self {
        Self {
            step,
            item: Some(item),
        }
    }
}

impl From<StepId> for Instance {
    fn from(step: StepId) -> Self {
        Self { step, item: None }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            None => write!(f, "{}", self.step),
            Some(item) => write!(f, "{}[{item}]", self.step),
        }
    }
}

impl FromStr for Instance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (step, item) = match text.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            Some((step, item)) => {
                let item = item
                    .parse()
                    .map_err(|_| format!("`{item}` is no element number"))?;
                (step, Some(item))
            }
            None => (text, None),
        };
        let step = StepId::address(step).map_err(|error| error.to_string())?;
        Ok(Self { step, item })
    }
}

impl TryFrom<String> for Instance {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Instance> for String {
    fn from(instance: Instance) -> String {
        instance.to_string()
    }
}
