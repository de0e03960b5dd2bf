//! The history of edits of each workflow, kept beside the journal so that undo survives a restart.

use podium_model::history::History;

use crate::Podium;

/// Under which kind the histories are kept.
pub(crate) const KIND: &str = "history";

impl Podium {
    /// The history of a workflow; empty where there is none, or it cannot be read any more.
    pub(crate) async fn history(&self, workflow: &str) -> History {
        let key = self.history_key(workflow);
        self.host
            .journal(move |journal| journal.get_blob(KIND, &key))
            .await
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps the history of a workflow. Where it cannot be kept (another Podium holds the journal, the
    /// disk is full), the edit itself is done all the same.
    pub(crate) async fn keep_history(&self, workflow: &str, history: &History) {
        let key = self.history_key(workflow);
        let Ok(bytes) = serde_json::to_vec(history) else {
            return;
        };
        if let Err(error) = self
            .host
            .journal(move |journal| journal.put_blob(KIND, &key, &bytes))
            .await
        {
            tracing::warn!(%error, "the history of an edit could not be kept");
        }
    }

    fn history_key(&self, workflow: &str) -> String {
        format!("{}#{workflow}", self.host.folder().root().display())
    }
}
