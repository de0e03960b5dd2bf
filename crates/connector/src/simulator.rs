//! The far system in small.

use std::path::PathBuf;

use crate::transport::{HttpRequest, HttpResponse, Stream};
use crate::weather::{Told, Trouble};

/// A stateful stand-in for a far system, as a value: `runtime` serves it on loopback (HTTP) and starts
/// `podium simulate CONNECTOR …` in place of the tool (processes). It never sees the real system.
pub trait Simulator: Send {
    /// Answers an HTTP request as the vendor would. `now` is in milliseconds since 1970; things that
    /// take time at the vendor take time here by comparing it.
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let _ = (now, request);
        HttpResponse {
            status: 404,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Whether anybody asks it by HTTP. One that only plays a tool says `false`, and is not served.
    fn speaks_http(&self) -> bool {
        true
    }

    /// Plays the tool. Lines are handed to `write` as they come; `pause` waits the given milliseconds,
    /// and gives `false` when the process was asked to stop.
    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        let _ = (call, write, pause);
        SimulatedExit(127)
    }

    /// What the tool can stumble over, where it plays one.
    fn troubles(&self) -> &'static [Trouble] {
        &[]
    }

    /// How the tool ends when this call stumbles over that, in its own words; nothing where this call
    /// cannot, since it only asks something of the tool itself.
    fn trouble(&self, call: &SimulatedProcess, trouble: Trouble) -> Option<Told> {
        let _ = (call, trouble);
        None
    }

    /// The whole state as text, to go on from later.
    fn save(&self) -> String;
}

/// A call of the tool that is played.
#[derive(Clone, Debug)]
pub struct SimulatedProcess {
    /// The program's name, for example `terraform`.
    pub program: String,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Where it runs.
    pub directory: PathBuf,
}

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimulatedExit(pub i32);
