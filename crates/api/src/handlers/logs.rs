//! Log lines by range, and what is found in them. A log may have a million lines: nothing here answers
//! with all of them.

use std::sync::{Arc, Mutex, PoisonError};

use podium_journal::{Journal, LogIndex, LogOf, LoggedLine};
use podium_model::RunId;
use podium_runtime::clock;

use crate::handlers::runs::no_run;
use crate::types::{FindInLog, FoundInLog, GetLogGroups, GetLogs, LogEntry, LogGroup, LogPage};
use crate::{ApiError, Podium};

/// Lines that are read from the journal at a time while a whole log is gone through.
const STRIDE: usize = 4_096;
/// Most groups that are told; more than these are no help to anybody.
const GROUPS: usize = 2_000;

/// What was searched for last, and where it is.
pub(crate) type Found = Mutex<Option<Finding>>;

pub(crate) struct Finding {
    run: RunId,
    step: Option<String>,
    /// In small letters.
    text: String,
    /// How many lines have been looked at.
    upto: u64,
    lines: Vec<u64>,
}

impl Podium {
    /// Log lines.
    pub async fn run_logs(&self, request: GetLogs) -> Result<LogPage, ApiError> {
        let run = request.run.clone();
        let page = self
            .host
            .journal(move |journal| {
                if journal.run(&request.run)?.is_none() {
                    return Ok(None);
                }
                let index = index(journal, &request.run, request.step.as_deref())?;
                let limit = request.limit.unwrap_or(1_000) as usize;
                let lines = journal.log_lines(&request.run, &index, request.from, limit)?;
                Ok(Some(LogPage {
                    lines: lines.into_iter().map(entry).collect(),
                    total: index.total(),
                }))
            })
            .await?;
        page.ok_or_else(|| no_run(&run).into())
    }

    /// Where a text is in a log: how often, and the match at or after a line (or before it).
    pub async fn run_find_log(&self, request: FindInLog) -> Result<FoundInLog, ApiError> {
        let found = Arc::clone(&self.found);
        Ok(self
            .host
            .journal(move |journal| find(journal, &found, &request))
            .await?)
    }

    /// The parts of a log that can be folded: attempts, elements, and what the tool itself calls a part.
    pub async fn run_log_groups(&self, request: GetLogGroups) -> Result<Vec<LogGroup>, ApiError> {
        Ok(self
            .host
            .journal(move |journal| {
                let index = index(journal, &request.run, request.step.as_deref())?;
                let mut groups = Groups::default();
                each_line(journal, &request.run, &index, 0, |line| groups.add(line))?;
                Ok(groups.finish(index.total()))
            })
            .await?)
    }
}

fn index(
    journal: &Journal,
    run: &RunId,
    step: Option<&str>,
) -> podium_diagnostics::Result<LogIndex> {
    journal.log_index(run, step.map_or(LogOf::Run, LogOf::Step))
}

fn entry(line: LoggedLine) -> LogEntry {
    LogEntry {
        number: line.number,
        step: line.step,
        at: clock::rfc3339(line.at),
        line: line.line,
    }
}

fn each_line(
    journal: &Journal,
    run: &RunId,
    index: &LogIndex,
    from: u64,
    mut look: impl FnMut(&LoggedLine),
) -> podium_diagnostics::Result<()> {
    let mut next = from;
    while next < index.total() {
        let lines = journal.log_lines(run, index, next, STRIDE)?;
        if lines.is_empty() {
            break;
        }
        lines.iter().for_each(&mut look);
        next += lines.len() as u64;
    }
    Ok(())
}

fn find(
    journal: &Journal,
    found: &Found,
    asked: &FindInLog,
) -> podium_diagnostics::Result<FoundInLog> {
    let text = asked.text.to_lowercase();
    if text.is_empty() {
        return Ok(FoundInLog::default());
    }
    let index = index(journal, &asked.run, asked.step.as_deref())?;
    let last = found.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut finding = last
        .filter(|last| {
            last.run == asked.run
                && last.step == asked.step
                && last.text == text
                && last.upto <= index.total()
        })
        .unwrap_or_else(|| Finding {
            run: asked.run.clone(),
            step: asked.step.clone(),
            text,
            upto: 0,
            lines: Vec::new(),
        });
    let Finding {
        text, upto, lines, ..
    } = &mut finding;
    each_line(journal, &asked.run, &index, *upto, |line| {
        if plain(&line.line.text)
            .to_lowercase()
            .contains(text.as_str())
        {
            lines.push(line.number);
        }
    })?;
    *upto = index.total();
    let answer = at(lines, asked.near, asked.back);
    *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(finding);
    Ok(answer)
}

/// The match at or after `near`, else the first; or the one before it, else the last.
fn at(lines: &[u64], near: u64, back: bool) -> FoundInLog {
    let Some(last) = lines.len().checked_sub(1) else {
        return FoundInLog::default();
    };
    let after = lines.partition_point(|line| *line < near);
    let which = match (back, after) {
        (true, 0) => last,
        (true, after) => after - 1,
        (false, after) => {
            if after > last {
                0
            } else {
                after
            }
        }
    };
    FoundInLog {
        count: lines.len() as u64,
        which: which as u64 + 1,
        line: Some(lines[which]),
    }
}

/// A line without the escapes that colour it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            // A sequence ends with a letter, a title with a bell.
            Some('[') => {
                rest.by_ref().find(char::is_ascii_alphabetic);
            }
            Some(']') => {
                rest.by_ref().find(|c| *c == '\u{7}');
            }
            _ => {}
        }
    }
    plain
}

/// Parts of a log, found line by line.
#[derive(Default)]
struct Groups {
    done: Vec<LogGroup>,
    open: Option<LogGroup>,
    step: Option<(String, u32)>,
}

impl Groups {
    fn add(&mut self, line: &LoggedLine) {
        let source = (line.step.clone(), line.attempt);
        let moved = self
            .step
            .as_ref()
            .is_some_and(|before| *before != source)
            .then(|| {
                if line.attempt > 1 {
                    format!("{}, attempt {}", line.step, line.attempt)
                } else {
                    line.step.clone()
                }
            });
        self.step = Some(source);
        let text = plain(&line.line.text);
        let title = match heading(&text) {
            Heading::None => moved,
            Heading::Ends => {
                self.close(line.number + 1);
                return;
            }
            Heading::Begins(title) => Some(title),
        };
        if let Some(title) = title {
            self.close(line.number);
            self.open = Some(LogGroup {
                from: line.number,
                to: line.number,
                title,
            });
        }
    }

    fn close(&mut self, to: u64) {
        if let Some(mut group) = self.open.take() {
            group.to = to;
            // One line alone has nothing to fold away.
            if to > group.from + 1 && self.done.len() < GROUPS {
                self.done.push(group);
            }
        }
    }

    fn finish(mut self, total: u64) -> Vec<LogGroup> {
        self.close(total);
        self.done
    }
}

enum Heading {
    None,
    Begins(String),
    Ends,
}

/// What tools print where a part begins: Ansible's plays and tasks, and the marks that build servers
/// made common.
fn heading(text: &str) -> Heading {
    if text.starts_with("::endgroup::") || text.starts_with("##[endgroup]") {
        return Heading::Ends;
    }
    for mark in ["::group::", "##[group]"] {
        if let Some(title) = text.strip_prefix(mark) {
            return Heading::Begins(title.trim().to_owned());
        }
    }
    for word in ["PLAY [", "TASK [", "RUNNING HANDLER [", "PLAY RECAP"] {
        if text.starts_with(word) {
            return Heading::Begins(text.trim_end_matches(['*', ' ']).to_owned());
        }
    }
    Heading::None
}

#[cfg(test)]
mod tests {
    use podium_connector::LogLevel;

    use super::*;

    fn line(number: u64, step: &str, attempt: u32, text: &str) -> LoggedLine {
        LoggedLine {
            number,
            step: step.to_owned(),
            at: 0,
            attempt,
            line: podium_connector::LogLine {
                level: LogLevel::Info,
                text: text.to_owned(),
            },
        }
    }

    #[test]
    fn a_search_goes_round_at_both_ends() {
        let lines = [3, 10, 11];
        let told = |near, back| {
            let found = at(&lines, near, back);
            (found.which, found.line, found.count)
        };
        assert_eq!(told(0, false), (1, Some(3), 3));
        assert_eq!(told(4, false), (2, Some(10), 3));
        assert_eq!(told(12, false), (1, Some(3), 3));
        assert_eq!(told(10, true), (1, Some(3), 3));
        assert_eq!(told(3, true), (3, Some(11), 3));
        assert_eq!(at(&[], 5, false), FoundInLog::default());
    }

    #[test]
    fn colours_do_not_part_a_word() {
        assert_eq!(
            plain("\u{1b}[31mfa\u{1b}[0miled\u{1b}]0;title\u{7}: 開店"),
            "failed: 開店"
        );
        assert_eq!(plain("\u{1b}"), "");
    }

    #[test]
    fn tasks_attempts_and_marked_parts_can_be_folded() {
        let mut groups = Groups::default();
        for (number, (step, attempt, text)) in (0..).zip([
            ("servers", 1, "reading"),
            ("servers", 1, "TASK [copy 部品] ***************"),
            ("servers", 1, "ok: [a]"),
            ("servers", 1, "TASK [one line] *****"),
            ("servers", 1, "\u{1b}[0mPLAY RECAP ****"),
            ("servers", 1, "a : ok=1"),
            ("servers", 2, "reading again"),
            ("servers", 2, "::group::Install"),
            ("servers", 2, "one"),
            ("servers", 2, "::endgroup::"),
            ("servers", 2, "loose"),
        ]) {
            groups.add(&line(number, step, attempt, text));
        }
        let told: Vec<_> = groups
            .finish(11)
            .into_iter()
            .map(|group| (group.from, group.to, group.title))
            .collect();
        assert_eq!(
            told,
            [
                (1, 3, "TASK [copy 部品]".to_owned()),
                (4, 6, "PLAY RECAP".to_owned()),
                (7, 10, "Install".to_owned()),
            ]
        );
    }
}
