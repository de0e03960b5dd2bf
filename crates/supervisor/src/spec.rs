//! What `podium-run` is told, once, through its standard input.

use std::fmt;
use std::path::PathBuf;

use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// One child process.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The caller's name for it.
    pub label: String,
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Arguments. Never a secret.
    #[serde(default)]
    pub args: Vec<String>,
    /// The whole environment of the child; nothing is added.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// Where it runs.
    pub directory: PathBuf,
    /// Files made before it starts and overwritten and removed after it ends.
    #[serde(default)]
    pub secret_files: Vec<SecretFile>,
    /// What must not be seen in the output.
    #[serde(default)]
    pub redact: Vec<Redact>,
    /// Whether the child is stopped gently (an interrupt to its group) when whoever started `podium-run`
    /// is gone. Otherwise it goes on.
    #[serde(default)]
    pub liveness: bool,
    /// Whether the records must outlive a power cut. What only looks is simply done again.
    #[serde(default = "yes")]
    pub durable: bool,
}

/// A private file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// Where, as an absolute path. The folder is there.
    pub path: PathBuf,
    /// What stands in it.
    #[serde(rename = "content_base64", with = "sealed")]
    pub content: Secret,
    /// Mode 0700 in place of 0600.
    #[serde(default)]
    pub executable: bool,
}

/// A secret, and the name shown in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    /// The name.
    pub name: String,
    /// The value.
    #[serde(rename = "value_base64", with = "sealed")]
    pub value: Secret,
}

fn yes() -> bool {
    true
}

impl Spec {
    /// Writes it for the standard input of `podium-run`.
    pub fn to_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).map(Zeroizing::new)
    }

    /// SHA-256 of the program and its arguments, in hex.
    pub fn argv_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.program.as_os_str().as_encoded_bytes());
        for argument in &self.args {
            hash.update([0]);
            hash.update(argument.as_bytes());
        }
        hash.finalize()
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                use fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("Spec")
            .field("label", &self.label)
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &names)
            .field("directory", &self.directory)
            .field("secret_files", &self.secret_files)
            .field("redact", &self.redact)
            .field("liveness", &self.liveness)
            .field("durable", &self.durable)
            .finish()
    }
}

/// The one place where a secret is written: into the pipe between the two programs.
mod sealed {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use podium_secret::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(STANDARD.encode(secret.expose())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        // The decoder's own message would quote a byte of the value.
        STANDARD
            .decode(text.as_bytes())
            .map(Secret::new)
            .map_err(|_| D::Error::custom("a value is not base64"))
    }
}
