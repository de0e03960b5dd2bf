//! Searching everything for a secret: the promise that one never comes out, held against the files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::CredentialName;
use podium_secret::forms;
use podium_vault::Purpose;

use crate::types::{CredentialRef, FoundSecret, SearchedCredential};
use crate::{ApiError, Podium};

/// The search did not find what it must find.
const SEARCHED_NOTHING: Code = Code::new("POD0536");
/// A credential has nothing that could be searched for.
const NOTHING_SECRET: Code = Code::new("POD0537");

/// What is looked for: spellings, and whose they are.
struct Wanted {
    spellings: AhoCorasick,
    /// The field of each spelling; none is the word that must be found.
    fields: Vec<Option<String>>,
}

impl Podium {
    /// Searches every file of Podium's own folder and of the workspace, and every event of the history,
    /// for the secrets of a credential in every spelling. That the search works at all is shown by the
    /// credential's name, which stands in the vault's file in the clear and must be found.
    pub async fn credential_search(
        &self,
        request: CredentialRef,
    ) -> std::result::Result<SearchedCredential, ApiError> {
        let purpose = Purpose {
            run: None,
            step: String::from("search"),
            port: String::from("search"),
        };
        let (vault, name) = (Arc::clone(self.host.vault()), request.name.clone());
        let roots = [
            self.host.home().root().to_path_buf(),
            self.host.folder().root().to_path_buf(),
        ];
        let looked = tokio::task::spawn_blocking(move || {
            let lease = vault.lease(&name, &purpose)?;
            let wanted = Wanted::of(&name, &lease)?;
            let mut looked = Looked::new(name);
            for root in &roots {
                looked.folder(root, &wanted);
            }
            Ok((looked, wanted))
        })
        .await
        .unwrap_or_else(|panic| {
            Err(Error::new(
                ErrorKind::Internal,
                Code::new("POD0504"),
                "The search stopped unexpectedly.",
            )
            .with_source(panic))
        })?;
        Ok(self.in_events(looked).await?)
    }

    /// A text may lie in pieces in the file of a database; so its rows are searched as well.
    async fn in_events(&self, looked: (Looked, Wanted)) -> Result<SearchedCredential> {
        let (mut looked, wanted) = looked;
        let looked = self
            .host
            .journal(move |journal| {
                for row in journal.runs()? {
                    for event in journal.events(&row.run, 1, usize::MAX)? {
                        looked.answer.events += 1;
                        let text = serde_json::to_string(&event).unwrap_or_default();
                        let place = format!("event {} of {}", event.seq, row.run);
                        looked.text(text.as_bytes(), &place, &wanted);
                    }
                }
                Ok(looked)
            })
            .await?;
        looked.end()
    }
}

impl Wanted {
    fn of(name: &CredentialName, lease: &podium_vault::Lease) -> Result<Self> {
        let mut spellings: Vec<Vec<u8>> = vec![name.as_str().as_bytes().to_vec()];
        let mut fields = vec![None];
        for (field, secret) in &lease.secrets {
            for spelling in forms(secret) {
                spellings.push(spelling);
                fields.push(Some(field.clone()));
            }
        }
        if spellings.len() == 1 {
            return Err(Error::new(
                ErrorKind::Invalid,
                NOTHING_SECRET,
                format!(
                    "`{name}` has no secret of eight bytes or more that could be searched for."
                ),
            )
            .with_hint(
                "Search for another credential; shorter ones stand in any text by chance.",
            ));
        }
        let spellings = AhoCorasick::new(&spellings).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                SEARCHED_NOTHING,
                "The search could not be made ready.",
            )
            .with_source(error)
        })?;
        Ok(Self { spellings, fields })
    }
}

/// What was looked at so far.
struct Looked {
    answer: SearchedCredential,
    control: bool,
}

impl Looked {
    fn new(name: CredentialName) -> Self {
        Self {
            answer: SearchedCredential {
                name,
                files: 0,
                bytes: 0,
                events: 0,
                unread: Vec::new(),
                found: Vec::new(),
            },
            control: false,
        }
    }

    fn folder(&mut self, root: &Path, wanted: &Wanted) {
        let mut left: Vec<PathBuf> = vec![root.to_path_buf()];
        while let Some(path) = left.pop() {
            // A link leads elsewhere, or to what is searched anyway.
            let Ok(about) = std::fs::symlink_metadata(&path) else {
                continue;
            };
            if about.is_dir() {
                match std::fs::read_dir(&path) {
                    Ok(entries) => left.extend(entries.flatten().map(|entry| entry.path())),
                    Err(_) => self.answer.unread.push(path.display().to_string()),
                }
            } else if about.is_file() {
                self.file(&path, about.len(), wanted);
            }
        }
    }

    /// Read as a stream: a log may be larger than memory.
    fn file(&mut self, path: &Path, length: u64, wanted: &Wanted) {
        let Ok(file) = File::open(path) else {
            self.answer.unread.push(path.display().to_string());
            return;
        };
        self.answer.files += 1;
        self.answer.bytes += length;
        let place = path.display().to_string();
        for found in wanted.spellings.stream_find_iter(file) {
            let Ok(found) = found else {
                self.answer.unread.push(place);
                return;
            };
            self.found(found.pattern().as_usize(), &place, wanted);
        }
    }

    fn text(&mut self, text: &[u8], place: &str, wanted: &Wanted) {
        for found in wanted.spellings.find_iter(text) {
            self.found(found.pattern().as_usize(), place, wanted);
        }
    }

    /// The place is told, never what stands there.
    fn found(&mut self, pattern: usize, place: &str, wanted: &Wanted) {
        let Some(field) = &wanted.fields[pattern] else {
            self.control = true;
            return;
        };
        let found = FoundSecret {
            place: place.to_owned(),
            field: field.clone(),
        };
        if !self.answer.found.contains(&found) {
            self.answer.found.push(found);
        }
    }

    fn end(self) -> Result<SearchedCredential> {
        if self.control {
            return Ok(self.answer);
        }
        Err(Error::new(
            ErrorKind::Internal,
            SEARCHED_NOTHING,
            "The search did not find the credential's own name, which stands in the vault; it shows nothing.",
        )
        .with_hint("This is a defect of Podium; please report it with this message."))
    }
}
