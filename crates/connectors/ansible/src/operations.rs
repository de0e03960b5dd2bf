//! What the operation does, verb by verb.

pub(crate) mod check_playbook;
pub(crate) mod play_playbook;
