//! Practice clouds: served, tried in bad weather, begun anew.

use podium_connector::weather::{BadRule, POSSIBLE, Rule, Weather};
use podium_connector::{HttpRequest, Method, Mode};
use podium_diagnostics::{Code, Diagnostic, Error, ErrorKind, Position, Retry, Span};
use podium_model::nearest::nearest;
use podium_runtime::Practice;

use crate::types::{
    CallPractice, Empty, PracticeAnswer, PracticeView, ResetPractice, ServePractice,
    ServedPractice, SetWeather, WeatherRule,
};
use crate::{ApiError, Podium};

/// A rule of the weather cannot be read.
const BAD_RULE: Code = Code::new("POD0831");
/// There are not enough ports.
const NO_PORT: Code = Code::new("POD0833");
/// A practice cloud is called with a method that HTTP does not have.
const NO_METHOD: Code = Code::new("POD0837");

impl Podium {
    /// The practice clouds of this computer.
    pub async fn practice_list(&self, _: Empty) -> Result<Vec<PracticeView>, ApiError> {
        Ok(self.host.practices()?.into_iter().map(view).collect())
    }

    /// Serves simulators on loopback, as long as this process lives. All are there, or none is named.
    pub async fn practice_serve(
        &self,
        request: ServePractice,
    ) -> Result<Vec<ServedPractice>, ApiError> {
        let mut chosen = Vec::new();
        if request.connectors.is_empty() {
            chosen = self.host.practices()?;
            chosen.retain(|practice| practice.http);
        }
        for connector in &request.connectors {
            let practice = self.host.practice(connector)?;
            if !chosen
                .iter()
                .any(|known| known.connector == practice.connector)
            {
                chosen.push(practice);
            }
        }
        let mut served = Vec::new();
        for (number, practice) in chosen.into_iter().enumerate() {
            let port = match request.port {
                None | Some(0) => 0,
                Some(first) => u16::try_from(number)
                    .ok()
                    .and_then(|number| first.checked_add(number))
                    .ok_or_else(no_more_ports)?,
            };
            let address = self.host.serve_practice(&practice.connector, port).await?;
            served.push(ServedPractice {
                connector: practice.connector,
                label: practice.label,
                mode: Mode::Simulated,
                address,
            });
        }
        Ok(served)
    }

    /// Calls a practice cloud past Podium, as a colleague at its console would.
    pub async fn practice_call(&self, request: CallPractice) -> Result<PracticeAnswer, ApiError> {
        let method = match request.method.to_ascii_uppercase().as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            other => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    NO_METHOD,
                    format!("`{other}` is no method of HTTP that a practice cloud knows."),
                )
                .with_hint("Use GET, HEAD, POST, PUT, PATCH or DELETE.")
                .into());
            }
        };
        let url = format!("http://127.0.0.1/{}", request.path.trim_start_matches('/'));
        let mut call = HttpRequest::write(method, url);
        if let Some(body) = request.body {
            let kind = request
                .content_type
                .as_deref()
                .unwrap_or("application/json");
            call = call.body(kind, body);
        }
        let reply = self.host.call_practice(&request.connector, call).await?;
        Ok(PracticeAnswer {
            mode: Mode::Simulated,
            status: reply.status,
            body: reply.text().into_owned(),
        })
    }

    /// Sets the weather over a practice cloud, in place of the one before.
    pub async fn practice_weather(&self, request: SetWeather) -> Result<PracticeView, ApiError> {
        let Some(rules) = &request.rules else {
            return Ok(view(self.host.practice(&request.connector)?));
        };
        let mut weather = Weather::fair();
        let mut wrong = Vec::new();
        for (number, text) in rules.iter().enumerate() {
            match text.parse::<Rule>() {
                Ok(rule) => weather = weather.and(rule),
                Err(bad) => wrong.push(explain(number, text, &bad)),
            }
        }
        if !wrong.is_empty() {
            return Err(not_weather(wrong));
        }
        self.host.set_weather(&request.connector, weather).await?;
        Ok(view(self.host.practice(&request.connector)?))
    }

    /// Forgets what practice clouds hold, their weather too; gives those that held something.
    pub async fn practice_reset(
        &self,
        request: ResetPractice,
    ) -> Result<Vec<PracticeView>, ApiError> {
        let chosen = if request.connectors.is_empty() {
            self.host.practices()?
        } else {
            // Before anything is forgotten, every name is right.
            let named = request.connectors.iter();
            named
                .map(|connector| self.host.practice(connector))
                .collect::<Result<_, _>>()?
        };
        let mut emptied = Vec::new();
        for practice in chosen {
            if self.host.reset_practice(&practice.connector).await? {
                emptied.push(view(self.host.practice(&practice.connector)?));
            }
        }
        Ok(emptied)
    }
}

fn view(practice: Practice) -> PracticeView {
    let (rules, trouble) = match practice.weather {
        Ok(weather) => (weather.rules, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    PracticeView {
        connector: practice.connector,
        label: practice.label,
        mode: Mode::Simulated,
        http: practice.http,
        addresses: practice.addresses,
        state: practice.state.display().to_string(),
        begun: practice.begun,
        weather: rules
            .iter()
            .map(|rule| WeatherRule {
                rule: rule.to_string(),
                met: rule.met(),
                left: rule.left(),
            })
            .collect(),
        trouble,
    }
}

fn no_more_ports() -> Error {
    Error::new(
        ErrorKind::Invalid,
        NO_PORT,
        "There are not enough ports after the one that was named.",
    )
    .with_hint("Name a smaller one, or leave `--port` out: free ones are found.")
}

/// What is wrong with a rule, and where in it.
fn explain(number: usize, text: &str, bad: &BadRule) -> Diagnostic {
    let byte = text
        .char_indices()
        .nth(bad.column - 1)
        .map_or(text.len(), |(at, _)| at);
    let at = |byte: usize, column: usize| Position {
        line: 1,
        column: u32::try_from(column).unwrap_or(u32::MAX),
        byte: u32::try_from(byte).unwrap_or(u32::MAX),
    };
    let problem = Diagnostic::error(
        BAD_RULE,
        "A rule of the weather cannot be read",
        format!("In `{text}`: {}.", bad.what),
    )
    .in_file(format!("rule {}", number + 1))
    .at_field(format!("/rules/{number}"))
    .at(Span {
        start: at(byte, bad.column),
        end: at(text.len(), text.chars().count() + 1),
    });
    let names = POSSIBLE.map(|(written, _)| written.split(':').next().unwrap_or(written));
    let word = text
        .trim_start()
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    match nearest(&word.to_lowercase(), names) {
        Some(name) if name != word => problem.with_hint(format!("Did you mean `{name}`?")),
        _ => problem,
    }
}

fn not_weather(diagnostics: Vec<Diagnostic>) -> ApiError {
    let possible: Vec<String> = POSSIBLE
        .iter()
        .map(|(written, does)| format!("`{written}` ({does})"))
        .collect();
    let first = &diagnostics[0];
    let column = first.span.map_or(1, |span| span.start.column);
    ApiError {
        code: BAD_RULE,
        kind: ErrorKind::Invalid,
        message: format!(
            "The weather cannot be read at {}, column {column}; nothing was changed. {}",
            first.address.file, first.detail
        ),
        hint: Some(format!(
            "Possible are {}. After each may stand `:METHOD`, `@PATH-PART`, `+CALLS` (let through \
             first) and `xTIMES`.",
            possible.join(", ")
        )),
        address: Some(first.address.clone()),
        retry: Retry::Permanent,
        diagnostics,
    }
}
