//! The file that kubectl reads, as far as a login needs it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use podium_connector::{Choice, Context, Lease, Tls};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::Value;

use super::{Login, Program, field};
use crate::errors::NO_LOGIN;
use crate::object::{list, text};

/// A kubeconfig, and where it lay.
#[derive(Debug)]
pub(crate) struct Kubeconfig {
    files: Vec<(Value, Option<PathBuf>)>,
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unauthorized, NO_LOGIN, message)
        .with_hint("Make it anew, for example with `kubectl config view --raw --minify --flatten`, and store it under Credentials.")
}

impl Kubeconfig {
    /// The text in the credential, or the files that it names.
    pub(crate) fn of(cx: &dyn Context, lease: &Lease) -> Result<Self> {
        let given = lease
            .secrets
            .get("kubeconfig")
            .and_then(Secret::expose_str)
            .filter(|text| !text.trim().is_empty());
        if let Some(given) = given {
            return Ok(Self {
                files: vec![(parse(given)?, None)],
            });
        }
        let paths = field(lease, "path").ok_or_else(|| {
            wrong(format!(
                "The credential `{}` holds no kubeconfig.",
                lease.credential
            ))
        })?;
        let mut files = Vec::new();
        for path in std::env::split_paths(paths) {
            let path = expand(&path);
            let shown = path.display();
            let inside = path
                .canonicalize()
                .ok()
                .zip(cx.workspace().canonicalize().ok())
                .is_some_and(|(path, root)| path.starts_with(root));
            if !path.is_absolute() || inside {
                return Err(wrong(format!(
                    "`{shown}` is no file of this person: a kubeconfig can name programs to start, so that one in a workspace is never used."
                ))
                .with_hint("Move it out of the workspace, or paste its text into the credential."));
            }
            let content = std::fs::read_to_string(&path).map_err(|error| {
                wrong(format!("The kubeconfig `{shown}` cannot be read.")).with_source(error)
            })?;
            files.push((parse(&content)?, path.parent().map(Path::to_path_buf)));
        }
        Ok(Self { files })
    }

    /// The first entry of this name in a list, and the folder that its paths are relative to.
    fn entry(&self, kind: &str, name: &str) -> Option<(&Value, Option<&Path>)> {
        self.files.iter().find_map(|(file, folder)| {
            let entry = list(file, &format!("/{kind}"))
                .iter()
                .find(|entry| text(entry, "/name") == name)?;
            Some((entry, folder.as_deref()))
        })
    }

    fn current(&self) -> &str {
        self.files
            .iter()
            .map(|(file, _)| text(file, "/current-context"))
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    }

    /// The context that the credential names, else the current one.
    pub(crate) fn login(&self, cx: &dyn Context, lease: &Lease) -> Result<Login> {
        let name = field(lease, "context").unwrap_or_else(|| self.current());
        let (context, _) = self.entry("contexts", name).ok_or_else(|| {
            let known: Vec<String> = self.contexts().into_iter().map(|c| c.value).collect();
            wrong(if name.is_empty() {
                "The kubeconfig has no current context.".to_owned()
            } else {
                format!("The kubeconfig has no context `{name}`.")
            })
            .with_hint(if known.is_empty() {
                "It has no context at all.".to_owned()
            } else {
                format!("It has: {}.", known.join(", "))
            })
        })?;
        let cluster_name = text(context, "/context/cluster");
        let (cluster, cluster_folder) = self.entry("clusters", cluster_name).ok_or_else(|| {
            wrong(format!(
                "The context `{name}` names a cluster that the kubeconfig does not have."
            ))
        })?;
        let cluster = &cluster["cluster"];
        let server = text(cluster, "/server").trim_end_matches('/');
        if server.is_empty() {
            return Err(wrong(format!(
                "The cluster `{cluster_name}` has no server."
            )));
        }
        if !text(cluster, "/proxy-url").is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                NO_LOGIN,
                format!("The cluster `{cluster_name}` is reached through a `proxy-url`, which is not possible here."),
            )
            .with_hint("Set `HTTPS_PROXY` for Podium and take `proxy-url` out of the kubeconfig."));
        }
        let mut warnings = Vec::new();
        let mut tls = Tls {
            roots: part(cluster, "certificate-authority", cluster_folder)?.map(String::into_bytes),
            server_name: Some(text(cluster, "/tls-server-name").to_owned())
                .filter(|name| !name.is_empty()),
            ..Tls::default()
        };
        if cluster["insecure-skip-tls-verify"] == Value::Bool(true) {
            tls.insecure = true;
            tls.roots = None;
            warnings.push(format!("The certificate of `{server}` is not checked (`insecure-skip-tls-verify`): anybody on the way can read and change everything, the login included."));
        }
        if server.starts_with("http://") && !is_loopback(server) {
            warnings.push(format!("`{server}` is not encrypted: anybody on the way can read and change everything, the login included."));
        }
        let mut login = Login {
            server: server.to_owned(),
            context: name.to_owned(),
            cluster: cluster_name.to_owned(),
            namespace: Some(text(context, "/context/namespace").to_owned())
                .filter(|namespace| !namespace.is_empty()),
            token: None,
            tls: None,
            acts_as: Vec::new(),
            program: None,
            warnings,
        };
        let user_name = text(context, "/context/user");
        if let Some((user, folder)) = self.entry("users", user_name) {
            prove(cx, &user["user"], folder, cluster, &mut login, &mut tls)?;
        } else if !user_name.is_empty() {
            return Err(wrong(format!(
                "The context `{name}` names a user that the kubeconfig does not have."
            )));
        }
        if server.starts_with("https://") {
            login.tls = Some(tls);
        }
        Ok(login)
    }

    /// The contexts, for a form.
    pub(crate) fn contexts(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for (file, _) in &self.files {
            for context in list(file, "/contexts") {
                let name = text(context, "/name").to_owned();
                if choices.iter().all(|choice| choice.value != name) {
                    let cluster = text(context, "/context/cluster");
                    choices.push(Choice {
                        label: format!("{name} ({cluster})"),
                        value: name,
                    });
                }
            }
        }
        choices
    }
}

/// The contexts of a credential, for a form.
pub(crate) fn contexts(cx: &dyn Context, lease: &Lease) -> Result<Vec<Choice>> {
    Ok(Kubeconfig::of(cx, lease)?.contexts())
}

/// How the user of a context proves who it is.
fn prove(
    cx: &dyn Context,
    user: &Value,
    folder: Option<&Path>,
    cluster: &Value,
    login: &mut Login,
    tls: &mut Tls,
) -> Result<()> {
    login.token = match text(user, "/token") {
        "" => match text(user, "/tokenFile") {
            "" => None,
            path => Some(read(path, folder)?),
        },
        token => Some(token.to_owned()),
    }
    .map(|token| Secret::from(token.trim()));
    tls.certificate = part(user, "client-certificate", folder)?.map(String::into_bytes);
    tls.key = part(user, "client-key", folder)?.map(|key| Secret::new(key.into_bytes()));
    if tls.certificate.is_some() != tls.key.is_some() {
        return Err(wrong(
            "Of the client certificate and its key, one is missing.",
        ));
    }
    if !text(user, "/username").is_empty() {
        return Err(wrong(
            "The kubeconfig logs in with a password, which Kubernetes gave up with version 1.19.",
        ));
    }
    if user.get("auth-provider").is_some_and(Value::is_object) {
        return Err(wrong(
            "The kubeconfig uses an `auth-provider`, which Kubernetes gave up with version 1.26.",
        )
        .with_hint("The vendor's tool makes one with an `exec` program in its place, for example `kubelogin`, `gke-gcloud-auth-plugin` or `aws eks update-kubeconfig`."));
    }
    if let Some(exec) = user.get("exec").filter(|exec| exec.is_object()) {
        login.program = Some(Program::of(cx, exec, folder, cluster)?);
    }
    for (field, header) in [("as", "impersonate-user"), ("as-uid", "impersonate-uid")] {
        let value = text(user, &format!("/{field}"));
        if !value.is_empty() {
            login.acts_as.push((header.to_owned(), value.to_owned()));
        }
    }
    for group in list(user, "/as-groups").iter().filter_map(Value::as_str) {
        login
            .acts_as
            .push(("impersonate-group".to_owned(), group.to_owned()));
    }
    Ok(())
}

/// `NAME-data` in base64, or the file that `NAME` names.
fn part(entry: &Value, name: &str, folder: Option<&Path>) -> Result<Option<String>> {
    let data = text(entry, &format!("/{name}-data"));
    if !data.is_empty() {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(data.trim())
            .map_err(|_| wrong(format!("`{name}-data` is no base64.")))?;
        return String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| wrong(format!("`{name}-data` is no PEM text.")));
    }
    match text(entry, &format!("/{name}")) {
        "" => Ok(None),
        path => read(path, folder).map(Some),
    }
}

fn read(path: &str, folder: Option<&Path>) -> Result<String> {
    let path = expand(Path::new(path));
    let path = match folder {
        Some(folder) => folder.join(path),
        None if path.is_absolute() => path,
        None => {
            return Err(wrong(format!(
                "The kubeconfig names the file `{}`, and nobody knows where that lies.",
                path.display()
            )));
        }
    };
    std::fs::read_to_string(&path).map_err(|error| {
        wrong(format!(
            "`{}`, which the kubeconfig names, cannot be read.",
            path.display()
        ))
        .with_source(error)
    })
}

/// `~` stands for the home folder.
fn expand(path: &Path) -> PathBuf {
    let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    match path.strip_prefix("~") {
        Ok(rest) => {
            home().map_or_else(|| path.to_path_buf(), |home| PathBuf::from(home).join(rest))
        }
        Err(_) => path.to_path_buf(),
    }
}

fn is_loopback(server: &str) -> bool {
    ["http://127.", "http://localhost", "http://[::1]"]
        .iter()
        .any(|start| server.starts_with(start))
}

fn parse(given: &str) -> Result<Value> {
    // The parser's own words could quote a secret.
    let value: Value = serde_saphyr::from_str(given).map_err(|error| {
        let place = error
            .location()
            .map_or_else(String::new, |place| format!(" in line {}", place.line()));
        wrong(format!("The kubeconfig is no YAML{place}."))
    })?;
    if value.get("clusters").is_none() || value.get("contexts").is_none() {
        return Err(wrong(
            "The text is no kubeconfig: it has no clusters or no contexts.",
        ));
    }
    Ok(value)
}
