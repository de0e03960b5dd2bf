//! Kinds of text that matter when systems are orchestrated.

use serde_json::Value;

/// A kind of text, or of what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Path,
    File,
    Directory,
    Address,
    Host,
    Ip,
    Range,
    Hosts,
    Email,
    Moment,
    Date,
    Time,
    Duration,
    Json,
    Yaml,
    Region,
    Uuid,
}

use Kind::{
    Address, Date, Directory, Duration, Email, File, Host, Hosts, Ip, Json, Moment, Path, Range,
    Region, Time, Uuid, Yaml,
};

/// The names in `x-podium-kind` and `format`, with the words for one and for many.
const NAMES: [(&str, Kind, &str, &str); 26] = [
    ("path", Path, "a file or folder path", "paths"),
    ("file", File, "a file path", "file paths"),
    ("directory", Directory, "a folder path", "folder paths"),
    ("address", Address, "a web address", "web addresses"),
    ("uri", Address, "a web address", "web addresses"),
    ("url", Address, "a web address", "web addresses"),
    ("iri", Address, "a web address", "web addresses"),
    ("host", Host, "a host name", "host names"),
    ("hostname", Host, "a host name", "host names"),
    ("idn-hostname", Host, "a host name", "host names"),
    ("ip", Ip, "an IP address", "IP addresses"),
    ("ipv4", Ip, "an IP address", "IP addresses"),
    ("ipv6", Ip, "an IP address", "IP addresses"),
    (
        "cidr",
        Range,
        "a range of IP addresses (CIDR)",
        "ranges of IP addresses",
    ),
    ("host-list", Hosts, "a list of hosts", "lists of hosts"),
    ("email", Email, "a mail address", "mail addresses"),
    ("idn-email", Email, "a mail address", "mail addresses"),
    (
        "date-time",
        Moment,
        "a date with a time",
        "dates with a time",
    ),
    ("date", Date, "a date", "dates"),
    ("time", Time, "a time of day", "times of day"),
    ("duration", Duration, "a duration", "durations"),
    ("json", Json, "a JSON text", "JSON texts"),
    ("yaml", Yaml, "a YAML text", "YAML texts"),
    ("region", Region, "a region", "regions"),
    ("uuid", Uuid, "a UUID", "UUIDs"),
    ("guid", Uuid, "a UUID", "UUIDs"),
];

impl Kind {
    /// `x-podium-kind` where it names one, else `format`.
    pub(super) fn of_schema(schema: &Value) -> Option<Self> {
        ["x-podium-kind", "format"].iter().find_map(|keyword| {
            let name = schema.get(*keyword)?.as_str()?;
            let known = NAMES.iter().find(|(known, ..)| *known == name)?;
            Some(known.1)
        })
    }

    fn named(self) -> (&'static str, &'static str) {
        // Every kind has its line in the table; a test goes through them.
        NAMES
            .iter()
            .find(|(_, kind, ..)| *kind == self)
            .map_or(("a text", "texts"), |(_, _, one, many)| (*one, *many))
    }

    pub(super) fn words(self) -> &'static str {
        self.named().0
    }

    pub(super) fn plural(self) -> &'static str {
        self.named().1
    }

    /// What every value of this kind also is.
    fn above(self) -> Option<Self> {
        match self {
            File | Directory => Some(Path),
            Ip => Some(Host),
            // Every JSON text is a YAML text.
            Json => Some(Yaml),
            // One host stands for a list of one.
            Host => Some(Hosts),
            _ => None,
        }
    }

    fn is_a(self, other: Self) -> bool {
        self == other || self.above().is_some_and(|above| above.is_a(other))
    }

    /// Whether a value of this kind can be of the other one.
    pub(super) fn may_be(self, other: Self) -> bool {
        self.is_a(other) || other.is_a(self)
    }

    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        NAMES.iter().map(|(name, kind, ..)| (*name, *kind))
    }
}
