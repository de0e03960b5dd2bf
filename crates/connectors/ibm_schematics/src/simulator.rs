//! Schematics and IAM in small, in their own wire format.
//!
//! Jobs take seconds of the given clock and write logs; tokens end after an hour. What a workspace is
//! called asks for trouble: `broken` fails, `slow` takes a minute, `chatty` writes 20,000 lines, `waiting`
//! stays in the queue for half a minute, `odd-state` tells a state that nobody documents for a while.

mod answer;
mod jobs;
mod state;
mod tokens;

use podium_connector::{HttpRequest, HttpResponse, Simulator};

use state::State;

/// The practice cloud.
pub(crate) struct Practice {
    state: State,
}

impl Practice {
    pub(crate) fn new(saved: Option<&str>) -> Self {
        Self {
            state: saved
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_else(State::seed),
        }
    }
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        self.state.advance(now);
        answer::answer(&mut self.state, now, request)
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.state).unwrap_or_default()
    }
}
