//! `helm`, in small.
use podium_connector::{SimulatedExit, SimulatedProcess, Stream};

use super::store::Store;

pub(super) fn play(
    store: &mut Store,
    call: &SimulatedProcess,
    write: &mut dyn FnMut(Stream, &str),
    pause: &mut dyn FnMut(u64) -> bool,
) -> SimulatedExit {
    let _ = (store, call, pause);
    write(Stream::Err, "Error: not simulated yet");
    SimulatedExit(1)
}
