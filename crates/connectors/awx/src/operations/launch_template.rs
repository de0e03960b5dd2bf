//! `awx/launch` and `awx/launch-workflow`.
//!
//! Effect class: writes. Where the template takes variables the job carries the step's key, so that it is
//! found again and launched once. Where it takes none, a mark (the newest job before the launch) tells
//! whether anything began; what did begin, a person must look at.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use podium_connector::{
    Context, LogLevel, LogLine, Made, Observed, Outcome, StepRequest, StillRunning, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Job, Look, Pace, Search, Stage, begin, follow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::follow_job::{Playbook, STAGES, artifacts, cancel, failed, hosts};
use super::follow_workflow::{Node, Workflow};
use super::preview_launch;
use crate::client::{Awx, number, text};
use crate::config::{self, Again, KEY, Launch, Target};
use crate::template::{Answers, Template, refused};

/// The disk said no.
const DISK: Code = Code::new("POD0251");
/// The template did not take what the step gives.
const NOT_TAKEN: Code = Code::new("POD0482");

/// A job at AWX: `jobs/7`, `workflow_jobs/8`. A template that is cut into slices gives a workflow job.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remote {
    target: Target,
    id: i64,
}

impl Remote {
    fn parse(text: &str) -> Option<Self> {
        let (path, id) = text.split_once('/')?;
        let target = match path {
            "jobs" => Target::Job,
            "workflow_jobs" => Target::Workflow,
            _ => return None,
        };
        Some(Self {
            target,
            id: id.parse().ok()?,
        })
    }

    fn path(&self) -> String {
        format!("{}/{}", self.target.jobs(), self.id)
    }

    fn link(&self, awx: &Awx<'_>) -> String {
        awx.link(self.target.page(), &self.id.to_string())
    }
}

/// What was there before a launch; kept on disk, so that a lost launch can be looked for.
#[derive(Debug, Deserialize, Serialize)]
struct Mark {
    template: i64,
    /// The newest job of the template before.
    after: i64,
    keyed: bool,
    /// The key that the job carries, where it is not this step's: that of the job that is relaunched.
    #[serde(default)]
    key: Option<String>,
}

impl Mark {
    fn key<'m>(&'m self, request: &'m StepRequest) -> &'m str {
        self.key.as_deref().unwrap_or(&request.key)
    }
}

/// A job of this step that failed; kept on disk, so that the next try can relaunch it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Former {
    job: i64,
    template: i64,
    /// The key that it carries, where it carries one.
    key: Option<String>,
    /// The attempt that it was of.
    by: String,
}

fn former_path(cx: &dyn Context) -> PathBuf {
    cx.keep().join("failed-job.json")
}

/// Keeps a job that failed. Where that cannot be written, the next try launches the template anew.
fn keep_former(cx: &dyn Context, request: &StepRequest, job: &Value) {
    let former = Former {
        job: number(job, "id"),
        template: number(job, "job_template"),
        key: key_of(job),
        by: request.key.clone(),
    };
    let _ = std::fs::write(former_path(cx), json!(former).to_string());
}

/// The job of a former try that AWX can relaunch on the hosts that failed, and on how many.
async fn former(
    cx: &dyn Context,
    request: &StepRequest,
    awx: &Awx<'_>,
    template: &Template,
) -> Result<Option<(Former, i64)>> {
    let text = std::fs::read_to_string(former_path(cx)).unwrap_or_default();
    let Ok(former) = serde_json::from_str::<Former>(&text) else {
        return Ok(None);
    };
    if former.by == request.key || former.template != template.id {
        return Ok(None);
    }
    // What AWX has thrown away, or ended before any host was reached, is launched anew.
    let asked = awx.find(&format!("jobs/{}/relaunch/", former.job)).await?;
    let failed = asked.and_then(|asked| asked.pointer("/retry_counts/failed")?.as_i64());
    Ok(failed
        .filter(|count| *count > 0)
        .map(|count| (former, count)))
}

fn mark_path(cx: &dyn Context, request: &StepRequest) -> PathBuf {
    cx.keep().join(format!("launch-{}.json", request.key))
}

fn mark_of(cx: &dyn Context, request: &StepRequest) -> Option<Mark> {
    let text = std::fs::read_to_string(mark_path(cx, request)).ok()?;
    serde_json::from_str(&text).ok()
}

fn set_mark(cx: &dyn Context, request: &StepRequest, mark: &Mark) -> Result<()> {
    let path = mark_path(cx, request);
    let text = serde_json::to_string(mark).unwrap_or_default();
    std::fs::write(&path, text).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            DISK,
            format!("`{}` could not be written.", path.display()),
        )
        .with_hint("Free some space, then run again.")
        .with_source(error)
    })
}

/// The undo record: the launch that takes it back, or why there is none.
pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let launch = config::read(&request.inputs)?;
    let undo = preview_launch::undo_of(&launch, Target::of(request));
    // Found now, so that a name that leads nowhere is told before anything happens.
    if let Some(reverse) = launch.reverse() {
        let awx = Awx::open(cx).await?;
        Template::find(&awx, Target::of(request), &reverse).await?;
    }
    Ok(UndoRecord {
        undo,
        record: json!({ "reverse": launch.reverse() }),
    })
}

pub(crate) fn reverse_of(record: &UndoRecord) -> Option<Launch> {
    serde_json::from_value(record.record.get("reverse")?.clone()).ok()
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let launch = config::read(&request.inputs)?;
    let awx = Awx::open(cx).await?;
    drive(cx, request, &awx, launch, true).await
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let Some(reverse) = reverse_of(record) else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            record
                .undo
                .because
                .clone()
                .unwrap_or_else(|| "AWX cannot take a job back.".into()),
        ));
    };
    let awx = Awx::open(cx).await?;
    drive(cx, request, &awx, reverse, false).await
}

/// Launches and follows to the end. `strict` refuses what the template does not ask for; the launch that
/// takes something back leaves it out.
async fn drive(
    cx: &dyn Context,
    request: &StepRequest,
    awx: &Awx<'_>,
    launch: Launch,
    strict: bool,
) -> Result<Outcome> {
    let approvals = launch.approvals;
    let remote = match request.remote.as_deref().and_then(Remote::parse) {
        Some(remote) => remote,
        None => start(cx, request, awx, launch, strict).await?,
    };
    match remote.target {
        Target::Job => follow_job(cx, request, awx, &remote).await,
        Target::Workflow => follow_workflow(cx, awx, &remote, approvals).await,
    }
}

async fn start(
    cx: &dyn Context,
    request: &StepRequest,
    awx: &Awx<'_>,
    launch: Launch,
    strict: bool,
) -> Result<Remote> {
    let target = Target::of(request);
    let template = Template::find(awx, target, &launch).await?;
    let launch = if strict {
        launch
    } else {
        template.fitted(launch)
    };
    let mut secrets = config::secrets(cx);
    if !strict {
        // Those of the step are there for its own template.
        secrets.retain(|name, _| template.asks_secret(name));
    }
    refused(&template.snags(&launch, &secrets, request))?;
    let answers = template
        .answers(awx, &launch, &secrets, &request.key)
        .await?;
    let former = match launch.again {
        Again::FailedHosts if strict && target == Target::Job => {
            former(cx, request, awx, &template).await?
        }
        _ => None,
    };
    if let Some((former, count)) = &former {
        cx.log(LogLine {
            level: LogLevel::Info,
            text: format!(
                "The job #{} is relaunched on the {count} hosts that failed.",
                former.job
            ),
        });
    }
    let former = former.map(|(former, _)| former);
    if mark_of(cx, request).is_none() {
        let newest = awx
            .page(
                &format!("{}/", target.jobs()),
                &[
                    (template_field(target), &template.id.to_string()),
                    ("order_by", "-id"),
                    ("page_size", "1"),
                ],
            )
            .await?;
        let mark = Mark {
            template: template.id,
            after: newest.first().map_or(0, |job| number(job, "id")),
            keyed: match &former {
                Some(former) => former.key.is_some(),
                None => answers.keyed,
            },
            key: former.as_ref().and_then(|former| former.key.clone()),
        };
        set_mark(cx, request, &mark)?;
    }
    let keyed = mark_of(cx, request).map_or(answers.keyed, |mark| mark.keyed);
    let search = if keyed {
        Search::Certain
    } else {
        Search::Likely
    };
    let ignored = Mutex::new(None);
    let id = begin(
        cx,
        request,
        search,
        || look_for(cx, awx, request),
        || post(awx, &template, &answers, &ignored, former.as_ref()),
    )
    .await?;
    let remote = Remote::parse(&id).ok_or_else(|| unreadable(&id))?;
    let ignored = ignored
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take();
    if let Some(ignored) = ignored {
        return Err(taken_back(awx, &template, &remote, &ignored).await);
    }
    Ok(remote)
}

fn unreadable(id: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        Code::new("POD0449"),
        format!("`{id}` is not the number of a job of AWX."),
    )
    .with_hint("Look in AWX for the job, then run the step again.")
}

fn template_field(target: Target) -> &'static str {
    match target {
        Target::Job => "job_template",
        Target::Workflow => "workflow_job_template",
    }
}

async fn post(
    awx: &Awx<'_>,
    template: &Template,
    answers: &Answers,
    ignored: &Mutex<Option<Map<String, Value>>>,
    former: Option<&Former>,
) -> Result<String> {
    if let Some(former) = former {
        return relaunch(awx, answers, former).await;
    }
    let path = format!(
        "{}/{}/launch/",
        template.target.templates().path,
        template.id
    );
    let call = Call::post(awx.at(&path), &Value::Object(answers.body.clone()))
        .needs("execute on the template");
    let reply = awx.site.send(call).await?;
    let id = |field: &str| reply.get(field).and_then(Value::as_i64);
    let remote = match (id("workflow_job"), id("job"), id("id")) {
        (Some(id), ..) => Remote {
            target: Target::Workflow,
            id,
        },
        (None, Some(id), _) => Remote {
            target: Target::Job,
            id,
        },
        (None, None, Some(id)) => Remote {
            target: template.target,
            id,
        },
        _ => {
            return Err(unreadable("nothing").with_source(&reply));
        }
    };
    if let Some(Value::Object(fields)) = reply.get("ignored_fields") {
        let told: Map<String, Value> = fields
            .iter()
            .filter(|(_, value)| !is_only_key(value) && !is_nothing(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !told.is_empty() {
            *ignored
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(told);
        }
    }
    Ok(remote.path())
}

/// Launches a job again as it was launched, on the hosts that failed.
async fn relaunch(awx: &Awx<'_>, answers: &Answers, former: &Former) -> Result<String> {
    let mut body = json!({ "hosts": "failed" });
    if let Some(passwords) = answers.body.get("credential_passwords") {
        body["credential_passwords"] = passwords.clone();
    }
    let call = Call::post(awx.at(&format!("jobs/{}/relaunch/", former.job)), &body)
        .needs("execute on the template");
    let reply = awx.site.send(call).await?;
    let id = ["job", "id"]
        .iter()
        .find_map(|field| reply.get(*field)?.as_i64())
        .ok_or_else(|| unreadable("nothing").with_source(&reply))?;
    let remote = Remote {
        target: Target::Job,
        id,
    };
    Ok(remote.path())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Whether nothing but the step's key was ignored: the job does what it should, and is only harder to find.
fn is_only_key(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|map| map.len() == 1 && map.contains_key(KEY))
}

/// The template was changed between the look and the launch: what runs is not what was asked for.
async fn taken_back(
    awx: &Awx<'_>,
    template: &Template,
    remote: &Remote,
    ignored: &Map<String, Value>,
) -> Error {
    let names: Vec<String> = ignored.keys().map(|name| format!("`{name}`")).collect();
    let stopped = match cancel(awx, &remote.path()).await {
        Ok(()) => "it was asked to stop at once".to_owned(),
        Err(error) => format!("it could not be stopped: {}", error.message),
    };
    Error::new(
        ErrorKind::Invalid,
        NOT_TAKEN,
        format!(
            "AWX launched `{}` and ignored {}; {stopped}.",
            template.name,
            names.join(", ")
        ),
    )
    .with_hint(format!(
        "Look at {}; tick Prompt on launch for these in the template, or take them out of the step.",
        remote.link(awx)
    ))
    .with_retry(podium_diagnostics::Retry::Permanent)
}

/// The job of this step's key among those that came after the mark.
async fn look_for(
    cx: &dyn Context,
    awx: &Awx<'_>,
    request: &StepRequest,
) -> Result<Option<String>> {
    let Some(mark) = mark_of(cx, request).filter(|mark| mark.keyed) else {
        return Ok(None);
    };
    let target = Target::of(request);
    for remote in since(awx, target, &mark).await? {
        if remote.1.as_deref() == Some(mark.key(request)) {
            return Ok(Some(remote.0.path()));
        }
    }
    Ok(None)
}

/// The jobs of the template that came after the mark, with their keys.
async fn since(
    awx: &Awx<'_>,
    target: Target,
    mark: &Mark,
) -> Result<Vec<(Remote, Option<String>)>> {
    let template = mark.template.to_string();
    let after = mark.after.to_string();
    let mut found = Vec::new();
    // A sliced job template gives a workflow job that names it. Each slice is a job of the template too and
    // carries the same variables, so that the whole is looked for before its parts.
    let places: &[(Target, &str)] = match target {
        Target::Job => &[
            (Target::Workflow, "job_template"),
            (Target::Job, "job_template"),
        ],
        Target::Workflow => &[(Target::Workflow, "workflow_job_template")],
    };
    for (target, field) in places {
        let list = awx
            .all(
                &format!("{}/", target.jobs()),
                &[(field, &template), ("id__gt", &after), ("order_by", "id")],
            )
            .await?;
        found.extend(list.iter().map(|job| {
            let remote = Remote {
                target: *target,
                id: number(job, "id"),
            };
            (remote, key_of(job))
        }));
    }
    Ok(found)
}

/// The key in the variables of a job: AWX gives them as a text of JSON.
fn key_of(job: &Value) -> Option<String> {
    let variables: Value = match job.get("extra_vars")? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    variables.get(KEY)?.as_str().map(str::to_owned)
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let target = Target::of(request);
    if let Some(remote) = request.remote.as_deref().and_then(Remote::parse) {
        let awx = Awx::open(cx).await?;
        return Ok(match awx.find(&format!("{}/", remote.path())).await? {
            Some(_) => Observed::Adopt,
            None => Observed::Unknown {
                because: format!(
                    "The {} with the number {} is gone from AWX, so that nobody can tell how it ended. Look at what the playbook was to do.",
                    remote.target.words(),
                    remote.id
                ),
            },
        });
    }
    let Some(mark) = mark_of(cx, request) else {
        return Ok(Observed::NeverStarted);
    };
    let awx = Awx::open(cx).await?;
    let jobs = since(&awx, target, &mark).await?;
    if mark.keyed {
        let found = jobs
            .iter()
            .any(|(_, key)| key.as_deref() == Some(mark.key(request)));
        return Ok(if found {
            Observed::Adopt
        } else {
            Observed::NeverStarted
        });
    }
    Ok(match jobs.first() {
        None => Observed::NeverStarted,
        Some((remote, _)) => Observed::Unknown {
            because: format!(
                "The template takes no variables, so that its jobs do not carry the key of this step, and one was launched meanwhile: {}. Look whether it is of this step.",
                remote.link(&awx)
            ),
        },
    })
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some(remote) = request.remote.as_deref().and_then(Remote::parse) else {
        return Ok(StillRunning::default());
    };
    let awx = Awx::open(cx).await?;
    let Some(job) = awx.find(&format!("{}/", remote.path())).await? else {
        return Ok(StillRunning::default());
    };
    let mut what = Vec::new();
    let status = text(&job, "status");
    if !STAGES.of(status).is_end() {
        what.push(format!(
            "Look at {}: the {} `{}` still runs in AWX ({status}).",
            remote.link(&awx),
            remote.target.words(),
            text(&job, "name")
        ));
    }
    Ok(StillRunning { what })
}

/// A look every second or two at a job that prints, as AWX's own pages do.
fn pace() -> Pace {
    Pace {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(5),
        grace: Duration::from_secs(60),
        ..Pace::default()
    }
}

async fn watch(cx: &dyn Context, job: &mut dyn Job) -> Result<Look> {
    follow(cx, pace(), job).await
}

async fn follow_job(
    cx: &dyn Context,
    request: &StepRequest,
    awx: &Awx<'_>,
    remote: &Remote,
) -> Result<Outcome> {
    let mut job = Playbook::new(awx, remote.id);
    let last = watch(cx, &mut job).await?;
    let link = remote.link(awx);
    if last.stage != Stage::Done {
        if last.status == "failed" {
            keep_former(cx, request, &job.job);
        }
        return Err(failed("job", &job.job, &job.events.said(), &link));
    }
    let (hosts, changed) = hosts(awx, remote.id).await?;
    let name = text(&job.job, "name").to_owned();
    let mut outputs = Map::new();
    outputs.insert("job".into(), json!(remote.id));
    outputs.insert("url".into(), json!(link));
    outputs.insert("status".into(), json!(last.status));
    outputs.insert("changed".into(), json!(changed));
    outputs.insert("hosts".into(), Value::Object(hosts));
    outputs.insert("artifacts".into(), artifacts(&job.job));
    Ok(Outcome {
        outputs,
        made: vec![Made {
            kind: "job".into(),
            name: format!("{name} #{}", remote.id),
            link: Some(link),
        }],
        undo: Some(json!({ "job": remote.path() })),
        ..Outcome::default()
    })
}

async fn follow_workflow(
    cx: &dyn Context,
    awx: &Awx<'_>,
    remote: &Remote,
    approvals: config::Approvals,
) -> Result<Outcome> {
    let mut workflow = Workflow::new(cx, awx, remote.id, approvals);
    let last = watch(cx, &mut workflow).await?;
    let link = remote.link(awx);
    if last.stage != Stage::Done {
        return Err(failed(
            "workflow job",
            &workflow.job,
            &workflow.said(),
            &link,
        ));
    }
    let said = workflow.said();
    if !said.is_empty() {
        cx.log(LogLine {
            level: LogLevel::Warning,
            text: format!("The workflow went on another path: {said}"),
        });
    }
    let name = text(&workflow.job, "name").to_owned();
    let nodes: Vec<Value> = workflow.nodes.iter().map(Node::output).collect();
    let mut outputs = Map::new();
    outputs.insert("job".into(), json!(remote.id));
    outputs.insert("url".into(), json!(link));
    outputs.insert("status".into(), json!(last.status));
    outputs.insert("nodes".into(), json!(nodes));
    Ok(Outcome {
        outputs,
        made: vec![Made {
            kind: "workflow job".into(),
            name: format!("{name} #{}", remote.id),
            link: Some(link),
        }],
        undo: Some(json!({ "job": remote.path() })),
        ..Outcome::default()
    })
}

/// The job is there, and AWX calls it a success.
pub(crate) async fn verify(cx: &dyn Context, outcome: &Outcome) -> Result<()> {
    let Some(remote) = outcome
        .undo
        .as_ref()
        .and_then(|facts| facts.get("job")?.as_str())
        .and_then(Remote::parse)
    else {
        return Ok(());
    };
    let awx = Awx::open(cx).await?;
    let job = awx.get(&format!("{}/", remote.path())).await?;
    if text(&job, "status") == "successful" {
        return Ok(());
    }
    let link = remote.link(&awx);
    Err(failed(remote.target.words(), &job, "", &link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_in_text_and_in_an_object() {
        for variables in [
            json!("{\"podium_key\": \"k-1\"}"),
            json!({ "podium_key": "k-1" }),
        ] {
            assert_eq!(
                key_of(&json!({ "extra_vars": variables })).as_deref(),
                Some("k-1")
            );
        }
        for variables in [json!(""), json!("---"), json!({}), Value::Null] {
            assert_eq!(key_of(&json!({ "extra_vars": variables })), None);
        }
    }

    #[test]
    fn a_job_is_named_by_its_kind_and_number() {
        for (text, expected) in [
            ("jobs/7", Some((Target::Job, 7))),
            ("workflow_jobs/8", Some((Target::Workflow, 8))),
            ("jobs/x", None),
            ("7", None),
            ("hosts/7", None),
        ] {
            let remote = Remote::parse(text);
            assert_eq!(remote.as_ref().map(|r| (r.target, r.id)), expected);
            assert!(remote.is_none_or(|remote| remote.path() == text));
        }
    }
}
