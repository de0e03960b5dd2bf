//! What each command does.

mod connectors;
mod credentials;
mod doctor;
mod documents;
mod previews;
mod reading;
mod runs;
mod workspace;
