//! Steps away from whoever started us.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Closes every file that came along, except the three standard ones. Call it first, before anything is
/// opened.
pub(crate) fn close_inherited() -> io::Result<()> {
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let open: Vec<i32> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // One of them was the folder itself and is closed by now.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

/// A session of our own, and no ear for the signals that are meant for others.
///
/// The signals get a handler that does nothing rather than being ignored: a child starts with handlers
/// reset and would inherit "ignored", even where our own caller had left it so.
pub(crate) fn from_session() -> io::Result<()> {
    for signal in [SIGINT, SIGHUP, SIGTERM, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    match rustix::process::setsid() {
        // It fails where we lead a group already; then that group is our own, which will do.
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Lets go of the three standard files.
pub(crate) fn from_terminal() -> io::Result<()> {
    let null = fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
