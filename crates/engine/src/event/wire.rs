//! The JSON form of an event, `event/1`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use ts_rs::TS;

use podium_model::RunId;

use super::{Event, EventBody, RunEvent, StepEvent};
use crate::Instance;

/// The value of `podium` in an event.
pub const EVENT_FORMAT: &str = "event/1";

/// The envelope as it stands in JSON.
#[derive(Deserialize, TS)]
#[ts(rename = "Event")]
struct Wire {
    podium: String,
    #[ts(type = "string")]
    run: RunId,
    #[ts(type = "number")]
    seq: u64,
    at: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    #[ts(optional, type = "string")]
    step: Option<Instance>,
    #[serde(default)]
    #[ts(optional)]
    attempt: Option<u32>,
    #[serde(default)]
    #[ts(type = "any")]
    data: Value,
}

impl TS for Event {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(config: &ts_rs::Config) -> String {
        Wire::name(config)
    }
    fn inline(config: &ts_rs::Config) -> String {
        Wire::inline(config)
    }
    fn decl(config: &ts_rs::Config) -> String {
        Wire::decl(config)
    }
    fn decl_concrete(config: &ts_rs::Config) -> String {
        Wire::decl_concrete(config)
    }
    fn output_path() -> Option<std::path::PathBuf> {
        Some("Event.ts".into())
    }
}

/// One table from variant to type name and payload, for reading, writing and the schema.
macro_rules! table {
    ($enum:ident, $names:ident: $($variant:ident = $name:literal $payload:ty),* $(,)?) => {
        impl $enum {
            /// The event's type.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            fn write_data<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self { $(Self::$variant(data) => map.serialize_entry("data", data),)* }
            }

            fn read_data(name: &str, data: Value) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $($name => Some(read::<$payload>(data).map(|data| Self::$variant(data.into()))),)*
                    _ => None,
                }
            }
        }

        fn $names(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, Value)> {
            vec![$(($name, Value::from(generator.subschema_for::<$payload>()))),*]
        }
    };
}

table!(RunEvent, run_events:
    Created = "run.created" super::Created,
    Approved = "run.approved" super::Approved,
    Started = "run.started" super::Started,
    Waiting = "run.waiting" super::Waiting,
    Succeeded = "run.succeeded" super::Succeeded,
    Failed = "run.failed" super::Failed,
    Cancelled = "run.cancelled" super::Cancelled,
);

table!(StepEvent, step_events:
    Ready = "step.ready" super::Ready,
    WaitingApproval = "step.waiting_approval" super::WaitingApproval,
    WaitingUnlock = "step.waiting_unlock" super::WaitingUnlock,
    Intent = "step.intent" super::Intent,
    Dispatched = "step.dispatched" super::Dispatched,
    Accepted = "step.accepted" super::Accepted,
    Progress = "step.progress" super::Progressed,
    Log = "step.log" super::Log,
    Retrying = "step.retrying" super::Retrying,
    Succeeded = "step.succeeded" super::StepSucceeded,
    Failed = "step.failed" super::StepFailed,
    Skipped = "step.skipped" super::Skipped,
    Cancelled = "step.cancelled" super::StepCancelled,
    Unknown = "step.unknown" super::Unknown,
    Undone = "step.undone" super::Undone,
);

fn read<T: DeserializeOwned>(data: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(data)
}

impl Event {
    /// When, as RFC 3339 with milliseconds in UTC.
    pub fn at_text(&self) -> String {
        let at = Timestamp::from_millisecond(self.at).unwrap_or(Timestamp::UNIX_EPOCH);
        format!("{at:.3}")
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("podium", EVENT_FORMAT)?;
        map.serialize_entry("run", &self.run)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("at", &self.at_text())?;
        map.serialize_entry("type", self.body.name())?;
        match &self.body {
            EventBody::Run(event) => event.write_data(&mut map)?,
            EventBody::Step {
                step,
                attempt,
                event,
            } => {
                map.serialize_entry("step", step)?;
                if *attempt > 0 {
                    map.serialize_entry("attempt", attempt)?;
                }
                event.write_data(&mut map)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        if wire.podium != EVENT_FORMAT {
            return Err(D::Error::custom(format!(
                "`podium` is `{}` where `{EVENT_FORMAT}` was expected",
                wire.podium
            )));
        }
        let at: Timestamp = wire
            .at
            .parse()
            .map_err(|error| D::Error::custom(format!("`at` is `{}`: {error}", wire.at)))?;
        let body = match wire.step {
            None => RunEvent::read_data(&wire.kind, wire.data).map(|read| read.map(EventBody::Run)),
            Some(step) => StepEvent::read_data(&wire.kind, wire.data)
                .map(|read| read.map(|event| event.of(step, wire.attempt.unwrap_or(0)))),
        };
        let body = body
            .ok_or_else(|| D::Error::custom(format!("`{}` is no type of event", wire.kind)))?
            .map_err(|error| D::Error::custom(format!("data of `{}`: {error}", wire.kind)))?;
        Ok(Self {
            run: wire.run,
            seq: wire.seq,
            at: at.as_millisecond(),
            body,
        })
    }
}

impl JsonSchema for Event {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let envelope = |name: &str, data: Value, about_step: bool| {
            let mut properties = json!({
                "podium": {"const": EVENT_FORMAT},
                "run": {"type": "string", "pattern": "^run_[A-Za-z0-9]{1,64}$"},
                "seq": {"type": "integer", "minimum": 1},
                "at": {"type": "string", "format": "date-time"},
                "type": {"const": name},
            });
            let mut required = vec!["podium", "run", "seq", "at", "type"];
            if about_step {
                properties["step"] = json!({
                    "type": "string",
                    "pattern": r"^[a-z][a-z0-9_]*(\[[0-9]+\])?$",
                    "description": "A step's id, or one element of its `for_each` as `ID[0]`.",
                });
                properties["attempt"] = json!({"type": "integer", "minimum": 1});
                required.push("step");
            }
            properties["data"] = data;
            required.push("data");
            json!({"type": "object", "properties": properties, "required": required})
        };
        let mut kinds = Vec::new();
        for (name, data) in run_events(generator) {
            kinds.push(envelope(name, data, false));
        }
        for (name, data) in step_events(generator) {
            kinds.push(envelope(name, data, true));
        }
        schemars::json_schema!({
            "title": "Event",
            "description": "Something that happened in a run of Podium.",
            "oneOf": kinds,
        })
    }
}

/// The JSON Schema of an event, as `podium schema event` prints it.
pub fn event_schema() -> Value {
    schemars::schema_for!(Event).into()
}
