//! What each command does.

#![expect(
    clippy::unused_async,
    reason = "every handler is asked the same way, also one that needs no waiting today"
)]

mod clipboard;
mod compare;
mod connectors;
mod credentials;
pub(crate) mod demo;
mod doctor;
mod documents;
pub(crate) mod drift;
mod help;
pub(crate) mod idle;
mod inputs;
mod inside;
pub(crate) mod logins;
pub(crate) mod logs;
mod outside;
mod practice;
mod previews;
pub(crate) mod reading;
pub(crate) mod records;
pub(crate) mod runs;
pub(crate) mod schedules;
mod search;
pub(crate) mod windows;
mod workspace;
