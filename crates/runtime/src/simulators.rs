//! Practice clouds: the simulators of connectors, served on loopback, their state kept between starts.
//!
//! A simulator is a value (`podium_connector::Simulator`); here it gets a port, a clock and a file. One
//! file lock a connector makes calls from several processes (the window, the command line, a simulated
//! tool) take turns.
//!
//! Invariant: the file holds a whole state at every moment, also when this program is killed while it
//! writes: the new state is written beside and takes the name of the old one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use podium_connector::{
    Connector, HttpRequest, HttpResponse, Method, SimulatedExit, SimulatedProcess, Simulator,
    Stream,
};
use podium_diagnostics::Result;
use tokio::net::TcpListener;

use crate::clock;
use crate::home::{create_private, storage};

/// The simulators that run in this process.
#[derive(Default)]
pub(crate) struct Simulators {
    bases: tokio::sync::Mutex<BTreeMap<String, String>>,
}

impl Simulators {
    /// The base address of a connector's simulator, started where it does not run yet.
    pub(crate) async fn base(
        &self,
        folder: &Path,
        connector: &Arc<dyn Connector>,
    ) -> Result<String> {
        let id = connector.manifest().id.clone();
        let mut bases = self.bases.lock().await;
        if let Some(base) = bases.get(&id) {
            return Ok(base.clone());
        }
        create_private(folder)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| storage(folder, &error))?;
        let address = listener
            .local_addr()
            .map_err(|error| storage(folder, &error))?;
        let base = format!("http://{address}");
        tokio::spawn(serve(
            listener,
            Arc::clone(connector),
            state_file(folder, &id),
        ));
        bases.insert(id, base.clone());
        Ok(base)
    }
}

/// Plays a tool: what `podium simulate CONNECTOR` does in place of the real program.
pub(crate) fn play(
    folder: &Path,
    connector: &Arc<dyn Connector>,
    call: &SimulatedProcess,
    write: &mut dyn FnMut(Stream, &str),
    pause: &mut dyn FnMut(u64) -> bool,
) -> Result<SimulatedExit> {
    create_private(folder)?;
    let file = state_file(folder, &connector.manifest().id);
    with_state(&file, connector, |simulator| {
        simulator.process(call, write, pause)
    })
}

fn state_file(folder: &Path, connector: &str) -> PathBuf {
    folder.join(format!("{connector}.json"))
}

/// Opens the state under its lock, lets the simulator work, and keeps the new state.
fn with_state<T>(
    path: &Path,
    connector: &Arc<dyn Connector>,
    work: impl FnOnce(&mut dyn Simulator) -> T,
) -> Result<T> {
    let fail = |error: std::io::Error| storage(path, &error);
    // The lock is a file of its own, since the state's file is another one after each change.
    let turn = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.with_extension("lock"))
        .map_err(fail)?;
    turn.lock().map_err(fail)?;
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(fail(error)),
    };
    let mut simulator = connector.simulator(Some(before.as_str()).filter(|text| !text.is_empty()));
    let result = work(simulator.as_mut());
    let after = simulator.save();
    if after != before {
        let beside = path.with_extension("new");
        std::fs::write(&beside, after).map_err(fail)?;
        std::fs::rename(&beside, path).map_err(fail)?;
    }
    Ok(result)
}

async fn serve(listener: TcpListener, connector: Arc<dyn Connector>, file: PathBuf) {
    // One call at a time: a simulator is one small far system with one state.
    let turn = Arc::new(Mutex::new(()));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (connector, file, turn) = (Arc::clone(&connector), file.clone(), Arc::clone(&turn));
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let (connector, file, turn) =
                    (Arc::clone(&connector), file.clone(), Arc::clone(&turn));
                async move { Ok::<_, Infallible>(answer(connector, file, turn, request).await) }
            });
            if let Err(error) = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
            {
                tracing::debug!(%error, "a connection to a simulator ended");
            }
        });
    }
}

async fn answer(
    connector: Arc<dyn Connector>,
    file: PathBuf,
    turn: Arc<Mutex<()>>,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let method = match parts.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return plain(405, "this method is not simulated"),
    };
    let Ok(body) = body.collect().await else {
        return plain(400, "the request broke off");
    };
    let host = parts
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or("127.0.0.1");
    let mut call = HttpRequest::get(format!("http://{host}{}", parts.uri));
    call.method = method;
    call.body = body.to_bytes().to_vec();
    call.headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let reply = tokio::task::spawn_blocking(move || {
        let _turn = turn
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        with_state(&file, &connector, |simulator| {
            simulator.http(clock::now(), &call)
        })
    })
    .await;
    match reply {
        Ok(Ok(reply)) => response(reply),
        Ok(Err(error)) => plain(500, &error.message),
        Err(_) => plain(500, "the simulator stopped"),
    }
}

fn response(reply: HttpResponse) -> hyper::Response<Full<Bytes>> {
    let mut builder = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Full::new(Bytes::from(reply.body)))
        .unwrap_or_else(|_| plain(500, "the simulator's reply is no HTTP"))
}

fn plain(status: u16, text: &str) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(text.to_owned())));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}
