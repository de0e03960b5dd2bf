//! The manager's interface: addresses, pages, refusals.

use std::time::Duration;

use podium_connector::{CODE, Context, HttpResponse};
use podium_diagnostics::{Code, Error, ErrorKind, Result, Retry};
use podium_rest::{Call, Dialect, Fault, Login, Next, Site, place, segment};
use serde_json::{Value, json};

use crate::auth;

/// What people call it.
pub(crate) const SYSTEM: &str = "Cloudify";
/// The version of the interface; every kept manager speaks it.
const ROOT: &str = "/api/v3.1";
/// Entries of a page that Podium asks for.
pub(crate) const PAGE: usize = 50;
/// Something at Cloudify ended badly.
pub(crate) const FAILED: Code = Code::new("POD0485");

const DIALECT: Dialect = Dialect {
    system: SYSTEM,
    fault,
};

fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let message = body["message"]
        .as_str()
        .or_else(|| body["detail"].as_str())?;
    Some(Fault {
        message: message.to_owned(),
        code: body["error_code"].as_str().map(str::to_owned),
    })
}

/// A Cloudify manager and one tenant of it.
pub(crate) struct Manager<'a> {
    site: Site<'a>,
    pub(crate) tenant: String,
}

impl<'a> Manager<'a> {
    /// The one that the credential at the port `cloudify` names.
    pub(crate) fn of(cx: &'a dyn Context) -> Result<Self> {
        let place = place(cx, "cloudify", SYSTEM)?;
        let tenant = place
            .lease
            .and_then(|lease| lease.fields.get("tenant"))
            .map(|tenant| tenant.trim())
            .filter(|tenant| !tenant.is_empty())
            .unwrap_or("default_tenant")
            .to_owned();
        let login = Login::Fixed(auth::headers(place.lease)?);
        let site = Site::new(cx, DIALECT, place.base, login)
            .header("tenant", &tenant)
            .trusting(place.trust);
        Ok(Self { site, tenant })
    }

    pub(crate) fn context(&self) -> &'a dyn Context {
        self.site.context()
    }

    /// Scheme, host and port.
    pub(crate) fn host(&self) -> String {
        self.site.host()
    }

    /// Where a person looks at it. Pages of single things differ by version, so that this is the start.
    pub(crate) fn console(&self) -> String {
        format!("{}/console", self.site.base())
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Value> {
        self.site.send(call).await.map_err(read)
    }

    pub(crate) async fn find(&self, call: Call) -> Result<Option<Value>> {
        self.site.find(call).await.map_err(read)
    }

    /// Every entry of a list, over all pages.
    pub(crate) async fn items(&self, call: Call) -> Result<Vec<Value>> {
        let call = call.query("_size", PAGE).query("_offset", 0);
        let pages = self
            .site
            .pages(call, |page, _| {
                let at = &page["metadata"]["pagination"];
                let seen = at["offset"].as_u64()? + page["items"].as_array()?.len() as u64;
                let more = seen < at["total"].as_u64()? && !page["items"].as_array()?.is_empty();
                more.then(|| Next::Query(vec![("_offset".into(), seen.to_string())]))
            })
            .await
            .map_err(read)?;
        Ok(pages.into_iter().flat_map(entries).collect())
    }
}

/// The entries of one page.
pub(crate) fn entries(page: Value) -> Vec<Value> {
    match page {
        Value::Object(mut page) => match page.remove("items") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// Most refusals of a manager are a 400 with a code; some of them are no fault of the inputs.
fn read(mut error: Error) -> Error {
    let code = code_of(&error).unwrap_or_default();
    match code {
        "existing_running_execution_error"
        | "existing_started_deployment_modification_error"
        | "dependent_exists_error"
        | "global_parallel_running_executions_limit_reached_error"
        | "blueprint_in_use" => error.kind = ErrorKind::Conflict,
        "deployment_environment_creation_in_progress_error"
        | "deployment_environment_creation_pending_error" => {
            error.kind = ErrorKind::Conflict;
            error.retry = Retry::Temporary;
        }
        "expired_cloudify_license" | "missing_cloudify_license" | "unverified_cloudify_license" => {
            error.kind = ErrorKind::Forbidden;
        }
        _ => {}
    }
    error
}

/// The manager's own code of a refusal.
pub(crate) fn code_of(error: &Error) -> Option<&str> {
    error
        .context
        .iter()
        .find(|(name, _)| name == CODE)
        .map(|(_, code)| code.as_str())
}

/// Whether the deployment's environment is still being made, so that nothing can be executed yet.
pub(crate) fn is_too_early(error: &Error) -> bool {
    matches!(
        code_of(error),
        Some(
            "deployment_environment_creation_in_progress_error"
                | "deployment_environment_creation_pending_error"
        )
    )
}

/// How long it is waited between two looks at something short.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

pub(crate) fn get(path: &str) -> Call {
    Call::get(format!("{ROOT}{path}"))
}

pub(crate) fn deployment(id: &str) -> Call {
    get(&format!("/deployments/{}", segment(id)))
        .query("all_sub_deployments", false)
        .needs("deployment_get")
}

pub(crate) fn delete_deployment(id: &str, force: bool) -> Call {
    Call::delete(format!("{ROOT}/deployments/{}", segment(id)))
        .query("force", force)
        .needs("deployment_delete")
}

pub(crate) fn put_deployment(id: &str, body: &Value) -> Call {
    Call::put(format!("{ROOT}/deployments/{}", segment(id)), body)
        .query("async_create", true)
        .needs("deployment_create")
}

pub(crate) fn blueprint(id: &str) -> Call {
    get(&format!("/blueprints/{}", segment(id))).needs("blueprint_get")
}

pub(crate) fn delete_blueprint(id: &str) -> Call {
    Call::delete(format!("{ROOT}/blueprints/{}", segment(id)))
        .query("force", false)
        .needs("blueprint_delete")
}

/// Uploads a blueprint, or only has it checked.
pub(crate) fn put_blueprint(id: &str, check: bool, kind: &str, body: Vec<u8>) -> Call {
    let tail = if check { "/validate" } else { "" };
    let call = Call::put(
        format!("{ROOT}/blueprints/{}{tail}", segment(id)),
        &Value::Null,
    )
    .body(kind, body)
    .needs("blueprint_upload");
    if check { call.looks() } else { call }
}

pub(crate) fn executions(deployment: &str, workflow: &str) -> Call {
    get("/executions")
        .query("deployment_id", deployment)
        .query("workflow_id", workflow)
        .query("_include_system_workflows", true)
        .query("_sort", "-created_at")
        .needs("execution_list")
}

pub(crate) fn execution(id: &str) -> Call {
    get(&format!("/executions/{}", segment(id))).needs("execution_get")
}

pub(crate) fn start(body: &Value) -> Call {
    Call::post(format!("{ROOT}/executions"), body).needs("execution_start")
}

pub(crate) fn act(id: &str, action: &str) -> Call {
    Call::post(
        format!("{ROOT}/executions/{}", segment(id)),
        &json!({ "action": action }),
    )
    .repeatable()
    .needs("execution_cancel")
}

pub(crate) fn events(execution: &str, from: usize, size: usize) -> Call {
    get("/events")
        .query("execution_id", execution)
        .query("type", "cloudify_event")
        .query("type", "cloudify_log")
        .query("_sort", "timestamp")
        .query("_size", size)
        .query("_offset", from)
        .needs("event_list")
}

pub(crate) fn update(deployment: &str, body: &Value) -> Call {
    Call::post(
        format!(
            "{ROOT}/deployment-updates/{}/update/initiate",
            segment(deployment)
        ),
        body,
    )
    .needs("deployment_update_create")
}

pub(crate) fn update_of(id: &str) -> Call {
    get(&format!("/deployment-updates/{}", segment(id))).needs("deployment_update_get")
}

/// The names of the secrets; a list never holds their values.
pub(crate) fn secrets() -> Call {
    get("/secrets")
        .query("_include", "key")
        .needs("secret_list")
}

pub(crate) fn put_secret(name: &str, body: &Value) -> Call {
    Call::put(format!("{ROOT}/secrets/{}", segment(name)), body).needs("secret_create")
}

pub(crate) fn delete_secret(name: &str) -> Call {
    Call::delete(format!("{ROOT}/secrets/{}", segment(name))).needs("secret_delete")
}
