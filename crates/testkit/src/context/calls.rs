//! HTTP calls of a fake context: repeated as the runtime repeats them, through the weather.

use std::time::Duration;

use podium_connector::repeat::{self, Repeats};
use podium_connector::weather::{Effect, Weather};
use podium_connector::{Context as _, HttpRequest, HttpResponse, Method};
use podium_diagnostics::Result;

use super::{FakeContext, locked};
use crate::http::{HttpSide, host_of, loopback, shared_runtime};

impl FakeContext {
    /// What becomes of HTTP calls before anything answers them.
    #[must_use]
    pub fn with_weather(self, weather: impl Into<Weather>) -> Self {
        self.set_weather(weather);
        self
    }

    /// The weather from now on; [`Weather::fair`] ends it.
    pub fn set_weather(&self, weather: impl Into<Weather>) {
        *locked(&self.weather) = weather.into();
    }

    /// The weather with what it counted so far.
    pub fn weather(&self) -> Weather {
        locked(&self.weather).clone()
    }

    pub(super) async fn send(&self, request: &HttpRequest) -> Result<HttpResponse> {
        let asked = format!("{} {}", request.method.as_str(), request.url);
        self.refuse(request.reads, &asked)?;
        let mut repeats = Repeats::new();
        loop {
            locked(&self.shared.records).requests.push(asked.clone());
            let outcome = self.exchange(request).await;
            let wait = repeats.wait(request, &outcome, self.now());
            let Some(wait) = wait.filter(|_| !self.is_cancelled()) else {
                return repeats.end(request, outcome);
            };
            self.sleep(wait).await;
            if self.is_cancelled() {
                return repeats.end(request, outcome);
            }
        }
    }

    /// One try of a call, through the weather.
    async fn exchange(&self, request: &HttpRequest) -> Result<HttpResponse> {
        let effect = locked(&self.weather).meet(request);
        let broken = || repeat::broken(&host_of(&request.url));
        match effect {
            None => self.handle(request).await,
            Some(Effect::Answer(mut reply)) => {
                if request.method == Method::Head {
                    reply.body.clear();
                }
                Ok(reply)
            }
            Some(Effect::Refuse) => Err(broken()),
            Some(Effect::Cut) => self.handle(request).await.and_then(|_| Err(broken())),
            Some(Effect::Late(time)) => {
                let reply = self.handle(request).await;
                let patience = request.timeout.unwrap_or(Duration::from_secs(30));
                self.sleep(time.min(patience)).await;
                if time < patience {
                    reply
                } else {
                    reply.and_then(|_| Err(repeat::timed_out(&host_of(&request.url))))
                }
            }
        }
    }

    async fn handle(&self, request: &HttpRequest) -> Result<HttpResponse> {
        if let Some(simulator) = &self.simulator
            && matches!(self.http, HttpSide::None)
        {
            let now = self.now();
            return Ok(locked(simulator).http(now, request));
        }
        match &self.http {
            HttpSide::None => Err(repeat::unreachable(&host_of(&request.url))),
            HttpSide::Answer(answer) => answer(request),
            HttpSide::Ask(ask) => shared_runtime()
                .spawn(ask(request.clone()))
                .await
                .expect("no layer panics"),
            HttpSide::Recorded(recorded) => Ok(locked(recorded).answer(request)),
            HttpSide::Loopback => loopback(request).await,
        }
    }
}
