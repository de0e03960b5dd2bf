//! The sentences on the real cluster, each in a namespace of its own, through the HTTP layer that ships.

use std::future::Future;

use podium_connector::{HttpRequest, HttpResponse, Method, Phase};
use podium_diagnostics::Result;
use podium_testkit::{Cluster, FakeContext, shared_runtime, skipped};
use serde_json::json;

use crate::world::World;

/// Tries something in a namespace of its own, or says why not.
pub(crate) fn on_server<F: Future<Output = ()>>(check: impl FnOnce(World) -> F) {
    let Some(server) = Cluster::shared() else {
        return skipped(Cluster::MISSING);
    };
    shared_runtime().block_on(async { check(world(server).await).await });
}

async fn ask(request: HttpRequest) -> Result<HttpResponse> {
    podium_runtime::ask(Phase::Write, &request).await
}

/// Sends as the administrator.
pub(crate) async fn send(server: &Cluster, request: HttpRequest) -> HttpResponse {
    ask(server.as_admin(request)).await.unwrap()
}

/// A context with this kubeconfig.
pub(crate) fn context(server: &Cluster, kubeconfig: &str) -> FakeContext {
    FakeContext::real()
        .with_tools_in(server.programs())
        .with_credential("cluster", "kubernetes", &[], &[("kubeconfig", kubeconfig)])
        .asking(ask)
}

/// A namespace of its own, as the administrator.
async fn world(server: &'static Cluster) -> World {
    let ns = server.fresh_name();
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}});
    let request = HttpRequest::write(Method::Post, "/api/v1/namespaces")
        .body("application/json", body.to_string());
    let made = send(server, request).await;
    assert!(made.is_success(), "{}", made.text());
    let cx = context(server, &server.kubeconfig(server.ca(), &server.admin()));
    World::of(server, cx, ns)
}
