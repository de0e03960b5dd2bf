//! HCP Terraform in small, in JSON:API, with its storage beside it.
//!
//! Runs take seconds of the given clock. What a workspace is called asks for trouble: `broken` fails while
//! it applies, `slow` takes a minute, `chatty` writes 20,000 lines, `waiting` asks for an override of a
//! policy, `odd-state` tells a state that nobody documents for a while, `forbidden` gives no plan in JSON.
//! The token `expired` is refused.

mod answer;
mod configuration;
mod render;
mod runs;
mod state;

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
        runs::advance(&mut self.state, now);
        answer::answer(&mut self.state, now, request)
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.state).unwrap_or_default()
    }
}
