//! Who the child is.

use serde::{Deserialize, Serialize};

use crate::process;

/// The content of `started.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The child.
    pub pid: u32,
    /// Its process group; the child leads it.
    pub pgid: u32,
    /// The `podium-run` that watches it.
    pub supervisor_pid: u32,
    /// When the child began, in the system's own unit (field 22 of `/proc/PID/stat` on Linux).
    pub start_time: u64,
    /// The same for `podium-run`.
    pub supervisor_start_time: u64,
    /// Which boot of the machine.
    pub boot_id: String,
    /// See [`Spec::argv_hash`](crate::Spec::argv_hash).
    pub argv_hash: String,
    /// See [`Spec::label`](crate::Spec::label).
    pub spec_label: String,
}

impl Started {
    /// Whether the child still runs. One that has ended and was not yet collected counts as gone.
    pub fn is_alive(&self) -> bool {
        self.same_boot() && process::start_time(self.pid) == Some(self.start_time)
    }

    /// Whether `podium-run` is still there, so that `exit.json` will come.
    pub fn is_supervised(&self) -> bool {
        self.same_boot()
            && process::start_time(self.supervisor_pid) == Some(self.supervisor_start_time)
    }

    /// The processes that are left of the child's group, the child among them while it runs.
    pub fn group(&self) -> Vec<u32> {
        if !self.same_boot() {
            return Vec::new();
        }
        // While one member lives, the system gives the number to nobody else. When the group has died
        // out and the number went to a stranger, that stranger leads it and began later.
        match process::start_time(self.pgid) {
            Some(time) if time != self.start_time => Vec::new(),
            _ => process::group(self.pgid, self.start_time),
        }
    }

    /// Sends a signal to all that is left of the group. `false` where nobody is left.
    pub fn signal_group(&self, signal: i32) -> std::io::Result<bool> {
        if self.group().is_empty() {
            return Ok(false);
        }
        process::signal_group(self.pgid, signal)
    }

    /// Sends a signal to the groups that children of the group lead beside it: what a child runs in a
    /// session of its own. `false` where there are none.
    pub fn signal_below(&self, signal: i32) -> std::io::Result<bool> {
        let mut heard = false;
        for group in process::groups_below(&self.group()) {
            heard |= process::signal_group(group, signal)?;
        }
        Ok(heard)
    }

    fn same_boot(&self) -> bool {
        process::boot_id() == self.boot_id
    }
}
