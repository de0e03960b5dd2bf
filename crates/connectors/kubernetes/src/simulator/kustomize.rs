//! `kubectl kustomize DIR --output FILE`, in small.
use podium_connector::{SimulatedExit, SimulatedProcess, Stream};

pub(super) fn play(call: &SimulatedProcess, write: &mut dyn FnMut(Stream, &str)) -> SimulatedExit {
    let _ = call;
    write(Stream::Err, "error: not simulated yet");
    SimulatedExit(1)
}
