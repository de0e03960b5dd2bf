//! What the practice cloud holds.

use podium_tfplan::practice::{self, Template};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) counted: u64,
    pub(super) organizations: Vec<String>,
    pub(super) spaces: Vec<Space>,
    pub(super) configurations: Vec<Configuration>,
    pub(super) runs: Vec<Run>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Space {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) organization: String,
    pub(super) description: String,
    pub(super) locked: Option<String>,
    pub(super) vcs: Option<String>,
    pub(super) created: i64,
    pub(super) configuration: Option<String>,
    pub(super) variables: Vec<Var>,
    pub(super) state: practice::State,
    /// What was changed outside: address, attribute, value.
    pub(super) drifted: Vec<(String, String, Value)>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Var {
    pub(super) id: String,
    pub(super) key: String,
    /// Empty for sensitive ones.
    pub(super) value: String,
    pub(super) category: String,
    pub(super) hcl: bool,
    pub(super) sensitive: bool,
    pub(super) description: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) id: String,
    pub(super) space: String,
    pub(super) speculative: bool,
    pub(super) uploaded: Option<i64>,
    pub(super) source: String,
    pub(super) template: Template,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "as the vendor keeps them, each a fact of its own"
)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) space: String,
    pub(super) configuration: String,
    pub(super) message: String,
    pub(super) created: i64,
    pub(super) plan_only: bool,
    pub(super) auto_apply: bool,
    pub(super) wish: practice::Wish,
    pub(super) variables: Vec<(String, String)>,
    pub(super) status: String,
    /// When the present state began.
    pub(super) since: i64,
    pub(super) plan: Value,
    pub(super) plan_log: Vec<String>,
    pub(super) apply_log: Vec<String>,
    pub(super) plan_status: String,
    pub(super) apply_status: String,
    pub(super) stop: bool,
    pub(super) overridden: bool,
}

pub(super) const NO_STOP: &[&str] = &[
    "applied",
    "planned_and_finished",
    "discarded",
    "errored",
    "canceled",
    "policy_soft_failed",
];

impl Run {
    pub(super) fn ended(&self) -> bool {
        NO_STOP.contains(&self.status.as_str())
    }
}

impl State {
    pub(super) fn id(&mut self, kind: &str) -> String {
        self.counted += 1;
        format!("{kind}-Pract1ce{:08}", self.counted)
    }

    pub(super) fn template() -> Template {
        serde_json::from_value(json!({
            "variables": { "branch": "main", "size": 2, "db_password": "practice" },
            "parts": [
                { "address": "aws_vpc.shop", "attributes": { "cidr": "10.0.0.0/16", "tag": "shop-${var.branch}" } },
                { "address": "aws_db_instance.orders", "attributes": { "name": "orders-${var.branch}", "engine": "postgres", "password": "${var.db_password}" }, "replaced_by": ["name", "engine"], "sensitive": ["password"] },
                { "address": "module.web.aws_instance.shop", "attributes": { "vpc": "${aws_vpc.shop.id}", "count": "${var.size}" } },
            ],
            "outputs": {
                "url": { "value": "https://shop-${var.branch}.example.com" },
                "vpc_id": { "value": "${aws_vpc.shop.id}" },
                "db_password": { "value": "hidden-${aws_db_instance.orders.id}", "sensitive": true },
            },
        }))
        .unwrap_or_default()
    }

    /// A small shop, and enough beside it for more than three pages.
    pub(super) fn seed() -> Self {
        let mut state = Self {
            organizations: vec!["acme".into(), "acme-labor".into()],
            ..Self::default()
        };
        for name in [
            "shop-network",
            "shop-slow",
            "shop-chatty",
            "shop-waiting",
            "shop-odd-state",
            "shop-forbidden",
            "shop-broken",
        ] {
            state.add("acme", name, true);
        }
        state.add("acme", "shop-empty", false);
        let locked = state.add("acme", "shop-locked", true);
        state.spaces[locked].locked = Some("Wartung bis Mittag".into());
        for at in 1..=320 {
            state.add("acme", &format!("team-{at:03}"), true);
        }
        state.add("acme-labor", "versuch", true);
        state
    }

    /// Adds a workspace; with a configuration from its repository.
    pub(super) fn add(&mut self, organization: &str, name: &str, configured: bool) -> usize {
        let id = self.id("ws");
        let mut space = Space {
            id: id.clone(),
            name: name.to_owned(),
            organization: organization.to_owned(),
            created: 1_760_000_000_000,
            description: if name == "shop-network" {
                "Das Netz der Läden".into()
            } else {
                String::new()
            },
            ..Space::default()
        };
        if configured {
            let configuration = self.id("cv");
            let mut template = Self::template();
            if name.contains("broken") {
                template.parts[1].fails =
                    Some("creating RDS DB Instance: InsufficientDBInstanceCapacity".into());
            }
            self.configurations.push(Configuration {
                id: configuration.clone(),
                space: id,
                uploaded: Some(space.created),
                source: "github".into(),
                template,
                ..Configuration::default()
            });
            space.configuration = Some(configuration);
            space.vcs = Some("acme/shop".into());
        }
        self.spaces.push(space);
        self.spaces.len() - 1
    }
}
