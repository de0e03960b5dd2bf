//! Practice clouds: the simulators of connectors, served on loopback, their state kept between starts.
//!
//! A simulator is a value (`podium_connector::Simulator`); here it gets a port, a clock, weather and
//! files ([`kept`]). One file lock a connector makes calls from several processes (the window, the
//! command line, a simulated tool) take turns.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use podium_connector::weather::{Effect, KILLED, LOST_LINES, ToolEffect};
use podium_connector::{
    Connector, HttpRequest, HttpResponse, Method, SimulatedExit, SimulatedProcess, Simulator,
    Stream,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result, reason};
use tokio::net::{TcpListener, TcpStream};

use self::kept::{Announced, Kept, Turn};
use crate::clock;

pub(crate) mod kept;

/// A simulator cannot be served at a port.
const NO_PORT: Code = Code::new("POD0833");

/// The simulators that run in this process.
#[derive(Default)]
pub(crate) struct Simulators {
    served: tokio::sync::Mutex<BTreeMap<String, Vec<Served>>>,
}

/// A simulator that is served from here.
struct Served {
    base: String,
    _announced: Announced,
}

impl Simulators {
    /// The base address of a connector's simulator, started where it does not run yet.
    pub(crate) async fn base(
        &self,
        folder: &Path,
        connector: &Arc<dyn Connector>,
    ) -> Result<String> {
        self.serve(folder, connector, 0).await
    }

    /// The same, at this port; 0 is one that is free.
    pub(crate) async fn serve(
        &self,
        folder: &Path,
        connector: &Arc<dyn Connector>,
        port: u16,
    ) -> Result<String> {
        let id = connector.manifest().id.clone();
        let mut served = self.served.lock().await;
        let here = served.entry(id.clone()).or_default();
        if let Some(known) = here
            .iter()
            .find(|known| port == 0 || known.base == kept::address(port))
        {
            return Ok(known.base.clone());
        }
        let kept = Kept::new(folder, &id)?;
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| no_port(port, &error))?;
        let port = listener
            .local_addr()
            .map_err(|error| no_port(port, &error))?
            .port();
        let base = kept::address(port);
        let announced = kept.announce(port)?;
        tokio::spawn(serve(listener, Arc::clone(connector), kept));
        here.push(Served {
            base: base.clone(),
            _announced: announced,
        });
        Ok(base)
    }
}

fn no_port(port: u16, error: &std::io::Error) -> Error {
    let message = match error.kind() {
        std::io::ErrorKind::AddrInUse => format!("Port {port} is taken by another program."),
        _ => format!("Port {port} cannot be used: {}.", reason(error)),
    };
    Error::new(ErrorKind::Conflict, NO_PORT, message)
        .with_hint("Choose another one, or leave `--port` out: a free one is found.")
        .with_source(error)
}

/// Plays a tool: what `podium simulate CONNECTOR` does in place of the real program.
pub(crate) fn play(
    folder: &Path,
    connector: &Arc<dyn Connector>,
    call: &SimulatedProcess,
    write: &mut dyn FnMut(Stream, &str),
    pause: &mut dyn FnMut(u64) -> bool,
) -> Result<SimulatedExit> {
    let kept = Kept::new(folder, &connector.manifest().id)?;
    let turn = kept.turn()?;
    let mut weather = kept.weather()?;
    let before = weather.clone();
    let effect = weather.meet_tool(call, connector.simulator(None).as_ref());
    if weather != before {
        turn.keep_weather(&weather)?;
    }
    match effect {
        Some(ToolEffect::Ends(told)) => {
            for (stream, line) in &told.lines {
                write(*stream, line);
            }
            return Ok(told.exit);
        }
        Some(ToolEffect::Late(time)) => {
            pause(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }
        Some(ToolEffect::Cut) => {
            let mut held = VecDeque::new();
            with_state(&turn, connector, |simulator| {
                let mut late = |stream: Stream, line: &str| {
                    held.push_back((stream, line.to_owned()));
                    if held.len() > LOST_LINES
                        && let Some((stream, line)) = held.pop_front()
                    {
                        write(stream, &line);
                    }
                };
                simulator.process(call, &mut late, pause)
            })?;
            return Ok(KILLED);
        }
        None => {}
    }
    with_state(&turn, connector, |simulator| {
        simulator.process(call, write, pause)
    })
}

/// Lets the simulator work, and keeps the new state.
fn with_state<T>(
    turn: &Turn<'_>,
    connector: &Arc<dyn Connector>,
    work: impl FnOnce(&mut dyn Simulator) -> T,
) -> Result<T> {
    let before = turn.state()?;
    let mut simulator = connector.simulator(Some(before.as_str()).filter(|text| !text.is_empty()));
    let result = work(simulator.as_mut());
    let after = simulator.save();
    if after != before {
        turn.keep_state(&after)?;
    }
    Ok(result)
}

/// What becomes of a call.
enum Answered {
    /// This reply, so much later.
    Reply(HttpResponse, Duration),
    /// The connection is reset instead.
    Reset,
}

/// Lets the simulator answer somebody who does not come through Podium.
pub(crate) fn called(
    kept: &Kept,
    connector: &Arc<dyn Connector>,
    call: &HttpRequest,
) -> Result<HttpResponse> {
    let turn = kept.turn()?;
    with_state(&turn, connector, |simulator| {
        simulator.http(clock::now(), call)
    })
}

/// Lets the simulator answer, through the weather.
fn answer(kept: &Kept, connector: &Arc<dyn Connector>, call: &HttpRequest) -> Result<Answered> {
    let turn = kept.turn()?;
    let mut weather = kept.weather()?;
    let before = weather.clone();
    let effect = weather.meet(call);
    if weather != before {
        turn.keep_weather(&weather)?;
    }
    let handle = || {
        with_state(&turn, connector, |simulator| {
            simulator.http(clock::now(), call)
        })
    };
    Ok(match effect {
        None => Answered::Reply(handle()?, Duration::ZERO),
        Some(Effect::Answer(reply)) => Answered::Reply(reply, Duration::ZERO),
        Some(Effect::Late(time)) => Answered::Reply(handle()?, time),
        Some(Effect::Refuse) => Answered::Reset,
        Some(Effect::Cut) => {
            handle()?;
            Answered::Reset
        }
    })
}

async fn serve(listener: TcpListener, connector: Arc<dyn Connector>, kept: Kept) {
    // One call at a time: a simulator is one small far system with one state.
    let turn = Arc::new(Mutex::new(()));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (connector, kept, turn) = (Arc::clone(&connector), kept.clone(), Arc::clone(&turn));
        tokio::spawn(async move {
            // A second handle on the connection, which can make its end a reset.
            let Ok((stream, twin)) = two_handles(stream) else {
                return;
            };
            let service = service_fn(|request: hyper::Request<Incoming>| {
                let reply = reply(connector.clone(), kept.clone(), turn.clone(), request);
                let twin = &twin;
                async move {
                    let reply = reply.await;
                    if reply.is_err() {
                        // Closed without lingering, the client sees a reset and no end.
                        let _ = twin.set_zero_linger();
                    }
                    reply
                }
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

fn two_handles(stream: TcpStream) -> std::io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let twin = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(twin)?))
}

/// Instead of a reply: the connection is reset.
#[derive(Debug)]
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the weather resets this connection")
    }
}

impl std::error::Error for Reset {}

type Reply = hyper::Response<Full<Bytes>>;

async fn reply(
    connector: Arc<dyn Connector>,
    kept: Kept,
    turn: Arc<Mutex<()>>,
    request: hyper::Request<Incoming>,
) -> std::result::Result<Reply, Reset> {
    let (parts, body) = request.into_parts();
    let method = match parts.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return Ok(plain(405, "this method is not simulated")),
    };
    let Ok(body) = body.collect().await else {
        return Ok(plain(400, "the request broke off"));
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
    let answered = tokio::task::spawn_blocking(move || {
        let _turn = turn
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        answer(&kept, &connector, &call)
    })
    .await;
    Ok(match answered {
        Ok(Ok(Answered::Reply(reply, wait))) => {
            tokio::time::sleep(wait).await;
            response(reply)
        }
        Ok(Ok(Answered::Reset)) => return Err(Reset),
        Ok(Err(error)) => plain(500, &error.message),
        Err(_) => plain(500, "the simulator stopped"),
    })
}

fn response(reply: HttpResponse) -> Reply {
    let mut builder = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Full::new(Bytes::from(reply.body)))
        .unwrap_or_else(|_| plain(500, "the simulator's reply is no HTTP"))
}

fn plain(status: u16, text: &str) -> Reply {
    let mut response = hyper::Response::new(Full::new(Bytes::from(text.to_owned())));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}
