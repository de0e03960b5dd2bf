//! The arguments.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Draw it. Preview it. Deploy it. Undo it.
#[derive(Debug, Parser)]
#[command(name = "podium", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// The workspace.
    #[arg(short = 'C', global = true, value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Print JSON for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Read the vault's passphrase from this file descriptor.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) passphrase_fd: Option<i32>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with workflows, environments and the workspace. Exit: 0 clean, 1 errors.
    Validate {
        /// Workflows by name or file; all where none is named.
        #[arg(value_name = "FILE")]
        files: Vec<String>,
    },
    /// Say what a run would change everywhere. Writes nothing.
    Preview {
        #[command(flatten)]
        what: What,
        /// Write the preview as JSON into this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Say beside it what was changed by hand since the newest run of the same; asks every system of
        /// that run. With --json it prints `{"preview": …, "drift": …}`.
        #[arg(long)]
        drift: bool,
    },
    /// Preview, ask, run. Exit: 0 succeeded, 1 failed, 3 cancelled, 4 waits for a person, 5 refused.
    Run {
        #[command(flatten)]
        what: What,
        /// Run only if the preview is still the one in this file.
        #[arg(long, value_name = "FILE")]
        preview: Option<PathBuf>,
        #[command(flatten)]
        consent: Consent,
    },
    /// The history, and everything a person can do to a run.
    Runs {
        #[command(subcommand)]
        command: Runs,
    },
    /// Schedules: what runs again and again, each switched on by a person on this computer. Lists them where
    /// nothing else is said.
    Schedules {
        #[command(subcommand)]
        command: Option<Schedules>,
    },
    /// Credentials: values only from a prompt, standard input or a file descriptor.
    Credentials {
        #[command(subcommand)]
        command: Credentials,
    },
    /// The connectors and what they can do.
    Connectors {
        /// Only this one, with all its operations.
        name: Option<String>,
    },
    /// A JSON Schema: workflow, environment, schedule, workspace, preview, event, or an operation's inputs
    /// (`terraform/apply`).
    Schema {
        /// What of.
        kind: String,
    },
    /// Draw a workflow as text, or what is inside one of its steps.
    Graph {
        /// A workflow by name or file.
        file: String,
        /// What is inside this step, as its system draws it: resources, tasks, nodes. Asks the system.
        #[arg(long, value_name = "STEP")]
        inside: Option<String>,
        /// With --inside: the environment; the workspace's default where absent.
        #[arg(short, long, value_name = "ENV", requires = "inside")]
        environment: Option<String>,
        /// With --inside: an input; those of the newest run where absent.
        #[arg(short, long = "input", value_name = "NAME=VALUE", requires = "inside")]
        inputs: Vec<String>,
        /// The form.
        #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
        format: GraphFormat,
    },
    /// Make a copy of the demo workspace, with recorded runs, invented identities and something that was
    /// changed by hand; or take all of it away again.
    Demo(Demo),
    /// Practice clouds: simulators that stand in for far systems.
    Practice {
        #[command(subcommand)]
        command: Practice,
    },
    /// What is there and what is missing on this computer. Exit: 0 all well, 1 something is missing.
    Doctor,
    /// Play a tool in place of the real one (used by practice environments).
    #[command(hide = true)]
    Simulate {
        /// The connector.
        connector: String,
        /// The tool.
        tool: String,
        /// The tool's arguments.
        #[arg(last = true)]
        args: Vec<String>,
    },
}

/// Which workflow, where, with what.
#[derive(Debug, ClapArgs)]
pub(crate) struct What {
    /// A workflow by name or file.
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// The environment; the workspace's default where absent.
    #[arg(short, long, value_name = "ENV")]
    pub(crate) environment: Option<String>,
    /// An input; the value is read as the input's type asks.
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
}

/// A person's yes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Consent {
    /// Do not ask; the preview is approved as it is.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// The environment's name, where it asks for that.
    #[arg(long, value_name = "ENV")]
    pub(crate) confirm: Option<String>,
    /// Why it is to begin although the environment's window is closed; it stands in the run's record.
    #[arg(long, value_name = "REASON")]
    pub(crate) override_window: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Runs {
    /// Newest first.
    List {
        /// Only of this workflow.
        #[arg(long)]
        workflow: Option<String>,
        /// At the most so many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One run, step by step.
    Show {
        /// The run; the newest where absent.
        run: Option<String>,
    },
    /// The events of a run, one JSON object a line.
    Events {
        /// The run; the newest where absent.
        run: Option<String>,
    },
    /// The log of a run.
    Logs {
        /// The run; the newest where absent.
        run: Option<String>,
        /// Only of this step.
        #[arg(long)]
        step: Option<String>,
    },
    /// Go on with a run that was interrupted, and watch it.
    Resume {
        /// The run; the newest where absent.
        run: Option<String>,
    },
    /// Stop a run gently.
    Cancel {
        /// The run.
        run: String,
    },
    /// Say yes: to the run's preview, or at a step that waits.
    Approve {
        /// The run.
        run: String,
        /// The step.
        #[arg(long)]
        step: Option<String>,
        /// A remark.
        #[arg(long)]
        comment: Option<String>,
        /// Why it is to begin although the environment's window is closed; it stands in the run's record.
        #[arg(long, value_name = "REASON", conflicts_with = "step")]
        override_window: Option<String>,
    },
    /// Decide about a step that failed or of which nobody knows what became of it.
    Answer {
        /// The run.
        run: String,
        /// The step.
        #[arg(long)]
        step: String,
        /// The decision.
        #[arg(value_enum)]
        decision: Decision,
        /// A remark.
        #[arg(long)]
        comment: Option<String>,
    },
    /// Try what failed again, and watch the run.
    Retry {
        /// The run.
        run: String,
        /// The step; each that failed or was stopped where absent.
        #[arg(long)]
        step: Option<String>,
    },
    /// Take a run back: previewed, asked, run as a run.
    Undo {
        /// The run.
        run: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Say what was changed by hand since: what a run left and is no longer so. Writes nothing. Exit: 0
    /// nothing, 1 something or a step could not be asked, 3 stopped.
    Drift {
        /// The run; the newest that stands where absent.
        run: Option<String>,
    },
    /// Bring the record of a run of elsewhere into the history, to look at: what `export` wrote.
    Import {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
    /// The whole run as JSON: events and logs, without a secret.
    Export {
        /// The run.
        run: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Schedules {
    /// Each: whether it is on here, when it is due next, what became of the last time.
    List,
    /// Say what one will do, ask, and switch it on, on this computer. Exit: 0 on, 5 refused.
    On {
        /// Its name.
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Switch one off, on this computer. A run that goes on is left alone.
    Off {
        /// Its name.
        name: String,
    },
    /// Run one now, to try it: previewed, asked, run as a run.
    Now {
        /// Its name.
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// The next times of one, on the clock of its time zone.
    Next {
        /// Its name.
        name: String,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=366))]
        count: u32,
    },
    /// What was missed and waits for an answer: run it now, or leave it.
    Missed {
        /// Run it now, once: previewed, asked, run as a run.
        #[arg(long, value_name = "NAME", conflicts_with = "leave")]
        run: Option<String>,
        /// Leave it; the next time counts.
        #[arg(long, value_name = "NAME")]
        leave: Option<String>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Begin what is due, until interrupted: a window without a window. Where one is open, it stands by.
    Watch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decision {
    /// Try it again.
    Retry,
    /// Leave it out.
    Skip,
    /// It is done: somebody looked.
    Done,
    /// It failed; the run stops.
    Stop,
    /// It failed; the rest goes on.
    GoOn,
    /// No.
    Deny,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Demo {
    /// A folder that is empty or not there; the demo’s own with `--complete` and `--remove`.
    pub(crate) directory: PathBuf,
    /// The files alone.
    #[arg(long)]
    pub(crate) bare: bool,
    /// Only what is beside the files and missing: the demo is in the folder already.
    #[arg(long, conflicts_with = "bare")]
    pub(crate) complete: bool,
    /// Take the demo away: what stands is taken back, what it made goes, what you changed or added stays
    /// and is named. Exit: 0 removed, 5 nothing was removed.
    #[arg(long, conflicts_with_all = ["bare", "complete"])]
    pub(crate) remove: bool,
    /// Remove it without asking.
    #[arg(long, requires = "remove")]
    pub(crate) yes: bool,
    /// Deployments that stand are left as they are, and named.
    #[arg(long, requires = "remove")]
    pub(crate) leave_standing: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Practice {
    /// Each simulator: where it is served, where its state lies, what weather is over it.
    List,
    /// Serve simulators on 127.0.0.1 until interrupted; a line each: name and address.
    Serve {
        /// Whose; every one that is asked by HTTP where none is named.
        #[arg(value_name = "CONNECTOR")]
        connectors: Vec<String>,
        /// The port of the first; each one after has the next. Free ones where absent.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        port: Option<u16>,
    },
    /// Try bad weather: `throttle:3`, `cut:POST`, `expire`, `refuse`, `html:502`, `slow:2000`,
    /// `redirect:URL`, `status:500`, and for a tool `fail:1`; each with `:METHOD`, `@PATH-PART`, `+CALLS` (let through first) and
    /// `xTIMES` where wanted. It takes the place of the weather before; without a rule it is shown.
    Weather {
        /// Over whose simulator.
        connector: String,
        /// The rules, in order; the first that fits a call meets it.
        #[arg(value_name = "RULE")]
        rules: Vec<String>,
        /// Fair weather.
        #[arg(long, conflicts_with = "rules")]
        clear: bool,
    },
    /// Call a simulator past Podium, as a colleague at its console would: something is changed by hand.
    Call {
        /// Whose simulator.
        connector: String,
        /// GET, POST, PUT, PATCH or DELETE.
        method: String,
        /// Path and query, as the vendor's interface has them.
        path: String,
        /// What is sent.
        #[arg(long, value_name = "TEXT")]
        body: Option<String>,
        /// The type of what is sent; JSON where absent.
        #[arg(long = "type", value_name = "TYPE")]
        content_type: Option<String>,
    },
    /// Forget what simulators hold, and their weather. What steps left on this computer stays.
    Reset {
        /// Whose.
        #[arg(value_name = "CONNECTOR", required_unless_present = "all")]
        connectors: Vec<String>,
        /// Of all.
        #[arg(long, conflicts_with = "connectors")]
        all: bool,
        /// Do not ask.
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Credentials {
    /// The stored ones, without anything secret.
    List,
    /// Store one. Secret fields are asked for, or read as JSON (`{"field": "value"}`).
    Add {
        /// Its name.
        name: String,
        /// Its kind; `podium connectors` lists them.
        #[arg(long)]
        kind: String,
        /// A field that is no secret.
        #[arg(long = "field", value_name = "NAME=VALUE")]
        fields: Vec<String>,
        /// Read the secret fields from standard input.
        #[arg(long, conflicts_with = "key_fd")]
        stdin: bool,
        /// Read the secret fields from this file descriptor.
        #[arg(long, value_name = "N")]
        key_fd: Option<i32>,
        /// Ask for no secret: log in, as `podium credentials login` does.
        #[arg(long, conflicts_with_all = ["stdin", "key_fd"])]
        login: bool,
        /// It is invented, for practice clouds alone; fields that are wanted and not given are made up.
        #[arg(long, conflicts_with_all = ["stdin", "key_fd", "login"])]
        practice: bool,
        /// What an invented one meets there: a rule as `podium practice weather` takes it.
        #[arg(long, value_name = "RULE", requires = "practice")]
        weather: Vec<String>,
        /// When an invented one ends, in seconds from now.
        #[arg(
            long,
            value_name = "SECONDS",
            requires = "practice",
            allow_negative_numbers = true
        )]
        ends_in: Option<i64>,
        /// Who an invented one is there, by its system's word: `cluster=shops-eu`.
        #[arg(long, value_name = "WHAT=WHO", requires = "practice")]
        is: Vec<String>,
    },
    /// Log in for one: shows a code to enter in a browser, on any computer, and waits. What comes of it
    /// goes into the vault and is not shown.
    Login {
        /// Its name.
        name: String,
    },
    /// Prove one with a call that only looks; all where none is named.
    Test {
        /// Its name.
        name: Option<String>,
    },
    /// Search everything that Podium has on this computer for its secrets, in every spelling. Exit: 0
    /// nothing found, 1 found.
    Search {
        /// Its name.
        name: String,
    },
    /// Remove one.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture.
    Svg,
    /// Nodes, edges and places.
    Json,
}
