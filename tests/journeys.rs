//! The whole way, through the program that people run: `podium` as a process, with real Terraform, real
//! Ansible, a real AWS API server and a real Kubernetes, looked at from outside with the vendors' own tools.
//!
//! ```text
//! cargo build -p podium-cli -p podium-supervisor -p podium-connector-core --bins
//! PODIUM_PEERS=FOLDER cargo test -p podium-tests --test journeys
//! ```
//!
//! `PODIUM_PEERS` names a folder whose `bin/` holds `terraform`, `ansible-playbook`, `ministack` and a
//! `python` with boto3, and whose `go/bin` holds Kubernetes. Without it the tests whose names begin with `real_` say that they were skipped.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "journeys/beside.rs"]
mod beside;
#[path = "journeys/calls.rs"]
mod calls;
#[path = "journeys/canary.rs"]
mod canary;
#[path = "journeys/certificates.rs"]
mod certificates;
#[path = "journeys/demo.rs"]
mod demo;
#[path = "journeys/demo_removal.rs"]
mod demo_removal;
#[path = "journeys/deploy.rs"]
mod deploy;
#[path = "journeys/drift.rs"]
mod drift;
#[path = "journeys/handover.rs"]
mod handover;
#[path = "journeys/harness.rs"]
mod harness;
#[path = "journeys/inside.rs"]
mod inside;
#[path = "journeys/kill.rs"]
mod kill;
#[path = "journeys/logins.rs"]
mod logins;
#[path = "journeys/nine.rs"]
mod nine;
#[path = "journeys/nine_real.rs"]
mod nine_real;
#[path = "journeys/people.rs"]
mod people;
#[path = "journeys/practice.rs"]
mod practice;
#[path = "journeys/protection.rs"]
mod protection;
#[path = "journeys/referees.rs"]
mod referees;
#[path = "journeys/schedules.rs"]
mod schedules;
#[path = "journeys/servers.rs"]
mod servers;
#[path = "journeys/shapes.rs"]
mod shapes;
#[path = "journeys/tools.rs"]
mod tools;
#[path = "journeys/twenty_kills.rs"]
mod twenty_kills;
#[path = "journeys/weather.rs"]
mod weather;
