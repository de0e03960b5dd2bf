//! The vendors' descriptions of their interfaces, where they lie beside the repository, and what was
//! said between a connector and its simulator, to be held against them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use podium_connector::{HttpRequest, HttpResponse, Simulator};

use crate::FakeContext;

/// The folder with the descriptions of a system: `shared/specs/SYSTEM` beside the repository, or beside
/// the folder that it lies in.
pub fn vendor_specs(system: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().ok()?;
    root.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("shared/specs").join(system))
        .find(|folder| folder.is_dir())
}

/// One call and its reply.
#[derive(Clone, Debug)]
pub struct Overheard {
    /// The request.
    pub request: HttpRequest,
    /// The reply.
    pub reply: HttpResponse,
}

/// A context that talks to this simulator at `http://127.0.0.1:9`, and all that is said between them. Each
/// call takes half a second of the simulator's time. The credential is the caller's to bind.
pub fn overhearing(simulator: Box<dyn Simulator>) -> (FakeContext, Arc<Mutex<Vec<Overheard>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (simulator, kept) = (Mutex::new(simulator), heard.clone());
    let cx = FakeContext::playing([]).answering(move |request| {
        let mut kept = kept.lock().expect("no holder panics");
        let calls = i64::try_from(kept.len()).unwrap_or(i64::MAX);
        let now = 1_767_323_045_678 + calls * 500;
        let reply = simulator
            .lock()
            .expect("no holder panics")
            .http(now, request);
        kept.push(Overheard {
            request: request.clone(),
            reply: reply.clone(),
        });
        Ok(reply)
    });
    (cx, heard)
}
