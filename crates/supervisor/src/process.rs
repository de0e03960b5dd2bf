//! What the system says about processes. One folder entry a platform.

#[cfg(target_os = "linux")]
#[path = "process/linux.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "process/unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "process/other.rs"]
mod platform;

pub(crate) use platform::{group, groups_below, signal_group, start_time};

/// Names this boot of the machine, so that a number from before a restart is not believed.
pub fn boot_id() -> &'static str {
    static BOOT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    BOOT.get_or_init(platform::boot_id)
}

/// When a process began, also where it has ended and waits to be collected; 0 where there is none.
pub fn began(pid: u32) -> u64 {
    platform::began(pid).unwrap_or_default()
}
