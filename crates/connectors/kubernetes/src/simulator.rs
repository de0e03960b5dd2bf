//! The practice cluster: a small API server with its controllers, in Kubernetes' own wire format.
//!
//! Objects of any kind are stored generically; server-side apply keeps `managedFields` and refuses with
//! the conflicts of a real server; a dry run stores nothing. Workloads of every kind
//! get Pods that become ready with time. An image asks for trouble by its name: one that holds
//! `missing` cannot be fetched, `crash` ends again and again, `oom` needs too much memory, `slow` takes a minute; a Pod that
//! names a Secret that is not there waits for it. The bearer token `viewer` may only
//! look, `expired` is refused. `helm` and `kubectl kustomize` are played as well.
//!
//! Invariants: the same calls at the same times give the same answers; what `save` gives holds no value
//! of a Secret, only its fingerprint. In memory too, but for the releases of a Helm that drives the cluster
//! from outside: it reads them back as it wrote them, as long as the program runs that serves the cluster.

mod admit;
mod answer;
mod apply;
mod charts;
mod controllers;
mod helm;
mod kinds;
mod kustomize;
mod protobuf;
mod store;
mod wire;

use podium_connector::{
    HttpRequest, HttpResponse, SimulatedExit, SimulatedProcess, Simulator, Stream,
};

use store::Store;

/// The practice cluster.
pub(crate) struct Practice {
    store: Store,
}

impl Practice {
    pub(crate) fn new(state: Option<&str>) -> Self {
        Self {
            store: state
                .and_then(|text| serde_json::from_str::<Store>(text).ok())
                .unwrap_or_default()
                .with_releases(),
        }
    }
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        self.store.begin(now);
        self.store.advance(now);
        let reply = answer::answer(&mut self.store, now, request);
        self.store.advance(now);
        reply
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        match call.program.as_str() {
            "kubectl" => kustomize::play(call, write),
            "helm" => helm::play(&mut self.store, call, write, pause),
            _ => SimulatedExit(127),
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(self.store.without_releases().as_ref()).unwrap_or_default()
    }
}
