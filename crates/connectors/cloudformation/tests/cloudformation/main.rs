//! CloudFormation through its verbs: the same checks against the practice cloud and against a real
//! AWS API server (`real_…`), and what only the practice cloud can show.

mod checks;
mod practice;
mod real;
mod world;
