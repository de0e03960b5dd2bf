//! Linux: `/proc`.

use std::fs;
use std::io;

use rustix::process::{Pid, Signal, kill_process_group};

pub(crate) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// When a process began; `None` where there is none, or where it has ended and waits to be collected.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    Stat::of(pid)
        .filter(Stat::lives)
        .map(|stat| stat.start_time)
}

/// The same, the dead included.
pub(crate) fn began(pid: u32) -> Option<u64> {
    Stat::of(pid).map(|stat| stat.start_time)
}

/// The living members of a group that began at `since` or later.
pub(crate) fn group(pgid: u32, since: u64) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| {
            Stat::of(pid)
                .is_some_and(|stat| stat.pgid == pgid && stat.start_time >= since && stat.lives())
        })
        .collect()
}

/// The groups beside theirs that children of these processes lead.
pub(crate) fn groups_below(members: &[u32]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            Stat::of(*pid).is_some_and(|stat| {
                stat.pgid == *pid
                    && stat.lives()
                    && members.contains(&stat.parent)
                    && !members.contains(pid)
            })
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

struct Stat {
    state: char,
    parent: u32,
    pgid: u32,
    start_time: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        // The name in field 2 may hold anything, closing brackets and bytes that are no UTF-8 included.
        let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let after = bytes.iter().rposition(|byte| *byte == b')')? + 1;
        let text = std::str::from_utf8(&bytes[after..]).ok()?;
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            pgid: fields.get(2)?.parse().ok()?,
            start_time: fields.get(19)?.parse().ok()?,
        })
    }

    fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}
