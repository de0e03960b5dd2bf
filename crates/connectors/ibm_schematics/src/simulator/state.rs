//! What the practice cloud holds.

use std::collections::BTreeMap;

use podium_tfplan::practice::{self, Template};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) counted: u64,
    pub(super) workspaces: Vec<Space>,
    /// Configurations by address, branch and folder: `https://… main .`; the branch `*` fits any.
    pub(super) repositories: BTreeMap<String, Template>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Space {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) location: String,
    pub(super) resource_group: String,
    pub(super) terraform: String,
    pub(super) tags: Vec<String>,
    pub(super) created: i64,
    pub(super) status: String,
    pub(super) says: String,
    pub(super) locked: bool,
    pub(super) frozen: bool,
    pub(super) url: String,
    pub(super) branch: String,
    pub(super) release: String,
    pub(super) folder: String,
    /// When the repository has been read.
    pub(super) ready: i64,
    /// As they were sent; values of secure ones are not kept.
    pub(super) variables: Vec<Kept>,
    pub(super) state: practice::State,
    pub(super) activities: Vec<Activity>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) kind: String,
    pub(super) secure: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) command: String,
    pub(super) targets: Vec<String>,
    pub(super) at: i64,
    /// When it leaves the queue, and when it ends.
    pub(super) starts: i64,
    pub(super) ends: i64,
    /// `interrupt` and the like, and when.
    pub(super) stopped: Option<i64>,
    pub(super) plan: Value,
    /// Filled when it has ended.
    pub(super) status: String,
    pub(super) words: Vec<String>,
    pub(super) failed: Option<String>,
}

impl State {
    /// A small shop, and enough beside it for more than three pages.
    pub(super) fn seed() -> Self {
        let mut state = Self::default();
        let network: Template = serde_json::from_value(json!({
            "variables": { "branch": "main", "zone": "eu-de-1", "db_password": "practice" },
            "parts": [
                { "address": "ibm_is_vpc.shop", "attributes": { "name": "shop-${var.branch}" }, "replaced_by": ["name"] },
                { "address": "ibm_is_subnet.shop", "attributes": { "name": "shop-${var.branch}", "vpc": "${ibm_is_vpc.shop.id}", "zone": "${var.zone}" }, "replaced_by": ["zone"] },
                { "address": "ibm_database.orders", "attributes": { "name": "orders-${var.branch}", "plan": "standard", "adminpassword": "${var.db_password}" }, "replaced_by": ["plan"], "sensitive": ["adminpassword"] },
            ],
            "outputs": {
                "vpc_id": { "value": "${ibm_is_vpc.shop.id}" },
                "url": { "value": "https://shop-${var.branch}.example.com" },
                "db_password": { "value": "hidden-${ibm_database.orders.id}", "sensitive": true },
            },
        }))
        .unwrap_or_default();
        let mut second = network.clone();
        second.parts.truncate(2);
        second.outputs.remove("db_password");
        let mut broken = network.clone();
        for part in broken.parts.iter_mut().skip(1) {
            part.fails = Some(
                "[ERROR] Error while creating Subnet: the zone has no free addresses left."
                    .to_owned(),
            );
        }
        let repository = "https://github.com/acme/shop-network";
        for (place, template) in [
            (format!("{repository} * ."), network),
            (format!("{repository} slim ."), second),
            (format!("{repository}-broken * ."), broken),
        ] {
            state.repositories.insert(place, template);
        }
        for name in [
            "shop-network",
            "shop-Grün-Æøå",
            "shop-slow",
            "shop-chatty",
            "shop-waiting",
            "shop-odd-state",
        ] {
            state.add(name, repository);
        }
        state.add("shop-broken", &format!("{repository}-broken"));
        state.add("shop-locked", repository).locked = true;
        state.add("shop-frozen", repository).frozen = true;
        for at in 1..=320 {
            state.add(&format!("team-{at:03}"), repository);
        }
        state
    }

    /// Adds a workspace as it is after its repository was read.
    pub(super) fn add(&mut self, name: &str, url: &str) -> &mut Space {
        self.counted += 1;
        let plain: String = name.chars().filter(char::is_ascii).collect();
        let space = Space {
            id: format!("eu-de.workspace.{plain}.{:08x}", self.counted),
            name: name.to_owned(),
            location: "eu-de".into(),
            resource_group: "default".into(),
            terraform: "terraform_v1.5".into(),
            created: 1_760_000_000_000,
            status: "Inactive".into(),
            url: url.to_owned(),
            branch: "main".into(),
            folder: ".".into(),
            ..Space::default()
        };
        self.workspaces.push(space);
        let last = self.workspaces.len() - 1;
        &mut self.workspaces[last]
    }

    /// What a workspace's repository holds.
    pub(super) fn template(&self, space: &Space) -> Option<Template> {
        let at = |branch: &str| {
            let place = format!("{} {branch} {}", space.url, space.folder);
            self.repositories.get(&place).cloned()
        };
        let named = if space.release.is_empty() {
            &space.branch
        } else {
            &space.release
        };
        at(named).or_else(|| at("*"))
    }

    /// Lets time pass: repositories are read, jobs end.
    pub(super) fn advance(&mut self, now: i64) {
        let templates: Vec<Option<Template>> = self
            .workspaces
            .iter()
            .map(|space| {
                let busy =
                    space.activities.iter().any(|one| one.status.is_empty()) || space.ready > 0;
                busy.then(|| self.template(space)).flatten()
            })
            .collect();
        for (space, template) in self.workspaces.iter_mut().zip(templates) {
            if space.ready > 0 && now >= space.ready {
                space.ready = 0;
                if template.is_some() {
                    space.status = if space.state.things.is_empty() {
                        "Inactive"
                    } else {
                        "Active"
                    }
                    .into();
                    space.says.clear();
                } else {
                    space.status = "Template Error".into();
                    space.says = "The repository, branch or folder does not exist.".into();
                }
            }
            super::jobs::advance(space, template.as_ref(), now);
        }
    }
}
