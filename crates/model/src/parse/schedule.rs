//! Schedules.

use podium_calendar::{Cron, Zone, zone_names};

use super::reader::{Path, Reader, shorten};
use super::{BAD_CRON, NO_SUCH_ZONE, NOT_A_FILE_NAME, version, workflow::is_map};
use crate::nearest::nearest;
use crate::schedule::{Missed, Schedule};
use crate::tree::Node;

const HINT: &str = "A schedule needs `workflow:`, `environment:`, `cron:` and `time_zone:`.";

pub(super) fn schedule(reader: &mut Reader<'_>) -> Option<Schedule> {
    let root = reader.map.root();
    let path = Path::ROOT;
    if !is_map(
        reader,
        "Begin with `workflow:`, `environment:`, `cron:` and `time_zone:`.",
    ) {
        return None;
    }
    version::check(reader, false)?;
    let keys = [
        "podium",
        "title",
        "workflow",
        "environment",
        "inputs",
        "cron",
        "time_zone",
        "missed",
        "off",
    ];
    let needed = ["workflow", "environment", "cron", "time_zone"];
    let fields = reader.fields(root, &path, &keys, &needed, HINT)?;
    let mut schedule = Schedule::default();
    if let Some(node) = fields.get("title") {
        let title = reader.text(node, &path.key("title"));
        schedule.title = title.unwrap_or_default();
    }
    if let Some(node) = fields.get("workflow") {
        let name = workflow(reader, node, &path.key("workflow"));
        schedule.workflow = name.unwrap_or_default();
    }
    if let Some(node) = fields.get("environment") {
        schedule.environment = reader.name_value(node, &path.key("environment"));
    }
    let inputs = path.key("inputs");
    let hint = "Write `inputs:` and under it `name: value`, as the workflow names them.";
    for (name, entry) in reader.entries(fields.get("inputs"), &inputs, hint) {
        schedule
            .inputs
            .insert(name.to_owned(), entry.value.to_value());
    }
    if let Some(node) = fields.get("cron") {
        let cron = cron(reader, node, &path.key("cron"));
        schedule.cron = cron.unwrap_or_default();
    }
    if let Some(node) = fields.get("time_zone") {
        let zone = zone(reader, node, &path.key("time_zone"));
        schedule.time_zone = zone.unwrap_or_default();
    }
    if let Some(node) = fields.get("missed") {
        let words = [
            ("ask", Missed::Ask),
            ("run", Missed::Run),
            ("skip", Missed::Skip),
        ];
        let missed = reader.choice(node, &path.key("missed"), &words);
        schedule.missed = missed.unwrap_or_default();
    }
    schedule.off = fields
        .get("off")
        .is_some_and(|node| reader.boolean(node, &path.key("off")));
    schedule.unknown = fields.unknown;
    Some(schedule)
}

fn workflow(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    let text = reader.text(node, path)?;
    let name = text.strip_prefix("workflows/").unwrap_or(&text);
    let name = name.strip_suffix(".yaml").unwrap_or(name);
    let plain = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
    if plain && name == text {
        return Some(text);
    }
    let bytes = reader.short(node);
    reader.error(
        NOT_A_FILE_NAME,
        "Not the name of a workflow",
        format!("`{}` is no name of a workflow.", shorten(&text)),
        if plain {
            format!("Write `{name}`.")
        } else {
            "Write the name of a file of the folder `workflows`, without its ending.".to_owned()
        },
        path,
        &bytes,
    );
    None
}

fn cron(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    let text = reader.text(node, path)?;
    let Err(fault) = Cron::parse(&text) else {
        return Some(text);
    };
    let bytes = reader.short(node);
    reader.error(
        BAD_CRON,
        "A cron expression cannot be read",
        fault.to_string(),
        "Write minute, hour, day of the month, month and day of the week, for example `0 2 * * *`: each day at 02:00.",
        path,
        &bytes,
    );
    None
}

fn zone(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    let text = reader.text(node, path)?;
    if Zone::named(&text).is_some() {
        return Some(text);
    }
    // Of `Berlin` the part after the continent is meant.
    let names = zone_names();
    let city = text.trim().replace(' ', "_").to_lowercase();
    let by_city = names.iter().copied().find(|name| {
        name.rsplit_once('/')
            .is_some_and(|(_, last)| last.to_lowercase() == city)
    });
    let hint = match by_city.or_else(|| nearest(&text, names.iter().copied())) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Write continent and city, for example `Europe/Berlin`, or `UTC`.".to_owned(),
    };
    let bytes = reader.short(node);
    reader.error(
        NO_SUCH_ZONE,
        "There is no such time zone",
        format!("`{}` is no time zone of the IANA database.", shorten(&text)),
        hint,
        path,
        &bytes,
    );
    None
}

#[cfg(test)]
mod tests {
    use super::super::parse_schedule;
    use crate::schedule::Missed;

    const WHOLE: &str = "title: Nightly care\nworkflow: nightly-care\nenvironment: play\n\
        inputs: { branch: north }\ncron: \"0 2 * * *\"\ntime_zone: Europe/Berlin\nmissed: run\n\
        colour: red\n";

    /// `CODE line:column detail hint` of every problem.
    fn told(text: &str) -> Vec<String> {
        let parsed = parse_schedule("schedules/care.yaml", text.as_bytes());
        let told = parsed.diagnostics.iter().map(|problem| {
            let start = problem.span.map(|span| span.start).unwrap_or_default();
            format!(
                "{} {}:{} {} {}",
                problem.code,
                start.line,
                start.column,
                problem.detail,
                problem.hint.as_deref().unwrap_or_default()
            )
        });
        told.collect()
    }

    #[test]
    fn a_whole_schedule_is_read_and_unknown_keys_are_kept() {
        let parsed = parse_schedule("schedules/care.yaml", WHOLE.as_bytes());
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        let schedule = parsed.value.unwrap();
        assert_eq!(schedule.title, "Nightly care");
        assert_eq!(schedule.workflow, "nightly-care");
        assert_eq!(schedule.environment.as_ref().unwrap().as_str(), "play");
        assert_eq!(schedule.inputs["branch"], "north");
        assert_eq!(schedule.missed, Missed::Run);
        assert!(!schedule.off);
        assert_eq!(schedule.unknown["colour"], "red");
        assert_eq!(
            schedule.timetable().unwrap().words(),
            "each day at 02:00, Europe/Berlin"
        );
    }

    #[test]
    fn where_nothing_is_said_a_person_is_asked() {
        let text = WHOLE.replace("missed: run\n", "");
        let parsed = parse_schedule("schedules/care.yaml", text.as_bytes());
        assert_eq!(parsed.value.unwrap().missed, Missed::Ask);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let found = told(
            "workflow: workflows/nightly-care.yaml\nenvironment: \"a b\"\ncron: 0 25 * * *\n\
             time_zone: Berlin\nmissed: later\noff: yes please\ninput: {}\n",
        );
        for (line, part) in [
            ("POD0032 1:11", "Write `nightly-care`."),
            ("POD0016 2:14", "environment name"),
            ("POD0030 3:7", "The hour `25` cannot be read"),
            ("POD0031 4:12", "Did you mean `Europe/Berlin`?"),
            ("POD0018 5:9", "none of `ask`, `run` and `skip`"),
            ("POD0013 6:6", "true or false"),
            ("POD0015 7:1", "Did you mean `inputs`?"),
        ] {
            assert!(
                found
                    .iter()
                    .any(|told| told.starts_with(line) && told.contains(part)),
                "{line} {part}: {found:#?}"
            );
        }
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let found = told("workflow: x\nenvironmnt: play\ntimezone: UTC\n");
        let all = found.join("\n");
        for part in [
            "`environment` is needed here; `environmnt` is not known.",
            "`cron` is needed here.",
            "Did you mean `time_zone`?",
        ] {
            assert!(all.contains(part), "{all}");
        }
        assert_eq!(told("")[0].split(' ').next(), Some("POD0010"));
        assert_eq!(told("- a\n")[0].split(' ').next(), Some("POD0010"));
    }

    #[test]
    fn a_zone_is_found_by_its_city_and_by_a_slip() {
        for (zone, meant) in [
            ("New York", "America/New_York"),
            ("Europe/Berlyn", "Europe/Berlin"),
            ("europe-berlin", "Europe/Berlin"),
            ("Mars/Base", "continent and city"),
        ] {
            let text = WHOLE.replace("Europe/Berlin", zone);
            let all = told(&text).join("\n");
            assert!(
                all.contains("POD0031") && all.contains(meant),
                "{zone}: {all}"
            );
        }
        // Capitals do not matter.
        assert_eq!(told(&WHOLE.replace("Europe/", "europe/")).len(), 1);
    }

    #[test]
    fn a_time_that_never_comes_is_told() {
        let all = told(&WHOLE.replace("0 2 * * *", "0 2 31 4 *")).join("\n");
        assert!(all.contains("never be due"), "{all}");
        // In its own words; the one note is about `colour`.
        assert_eq!(told(&WHOLE.replace("0 2 * * *", "@daily")).len(), 1);
    }
}
