//! Other Unix systems: what `ps` and `sysctl` say. Slower than `/proc`; asked rarely.

use std::io;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process_group};

pub(crate) fn boot_id() -> String {
    ["kern.bootsessionuuid", "kern.boottime"]
        .iter()
        .find_map(|name| said("sysctl", &["-n", name]))
        .unwrap_or_default()
}

/// When a process began; `None` where there is none, or only its remains.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    seen(pid)
        .filter(|(lives, _)| *lives)
        .map(|(_, began)| began)
}

/// The same, the dead included.
pub(crate) fn began(pid: u32) -> Option<u64> {
    seen(pid).map(|(_, began)| began)
}

fn seen(pid: u32) -> Option<(bool, u64)> {
    let text = said("ps", &["-o", "state=,lstart=", "-p", &pid.to_string()])?;
    let (state, began) = text.split_once(char::is_whitespace)?;
    Some((!state.starts_with('Z'), number(began.trim())))
}

/// The living members of a group. This system's start times have no order, so `since` is not used.
pub(crate) fn group(pgid: u32, _since: u64) -> Vec<u32> {
    said("ps", &["-A", "-o", "pid=,pgid=,state="])
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let pid = fields.next()?.parse().ok()?;
            let group: u32 = fields.next()?.parse().ok()?;
            (group == pgid && !fields.next()?.starts_with('Z')).then_some(pid)
        })
        .collect()
}

/// The groups beside theirs that children of these processes lead.
pub(crate) fn groups_below(members: &[u32]) -> Vec<u32> {
    said("ps", &["-A", "-o", "pid=,ppid=,pgid=,state="])
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let pid: u32 = fields.next()?.parse().ok()?;
            let parent: u32 = fields.next()?.parse().ok()?;
            let group: u32 = fields.next()?.parse().ok()?;
            let leads = group == pid && !fields.next()?.starts_with('Z');
            (leads && members.contains(&parent) && !members.contains(&pid)).then_some(pid)
        })
        .collect()
}

pub(crate) fn signal_group(pgid: u32, signal: i32) -> io::Result<bool> {
    let pgid = i32::try_from(pgid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidInput)?;
    let signal = Signal::from_named_raw(signal).ok_or(io::ErrorKind::InvalidInput)?;
    match kill_process_group(pgid, signal) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// A number that stands for a text (FNV-1a).
fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
