//! Systems for which this is not written yet: nothing is known to live, and nothing is signalled.

use std::io;

pub(crate) fn boot_id() -> String {
    String::new()
}

pub(crate) fn start_time(_pid: u32) -> Option<u64> {
    None
}

pub(crate) fn began(_pid: u32) -> Option<u64> {
    None
}

pub(crate) fn group(_pgid: u32, _since: u64) -> Vec<u32> {
    Vec::new()
}

pub(crate) fn groups_below(_members: &[u32]) -> Vec<u32> {
    Vec::new()
}

pub(crate) fn signal_group(_pgid: u32, _signal: i32) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}
