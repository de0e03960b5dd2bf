//! Templates: `{{ name }}`, `{{ a.b.0 }}`, `{{ name | raw }}`, `{{ name | json }}`.

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::words;

/// A template that cannot be filled.
pub(crate) const TEMPLATE: Code = Code::new("POD0252");

/// How values are written where the template does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As they are.
    None,
    /// So that they cannot become markup.
    Markup,
}

impl Escape {
    /// By the ending of the file that is written.
    pub(crate) fn of(file: &str) -> Self {
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        let markup = ["html", "htm", "xhtml", "xml", "svg"];
        if markup
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
        {
            Self::Markup
        } else {
            Self::None
        }
    }
}

/// Fills the template. `{{{{` stands for two braces.
pub(crate) fn fill(template: &str, values: &Map<String, Value>, escape: Escape) -> Result<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        out.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        if let Some(after) = rest.strip_prefix("{{") {
            out.push_str("{{");
            rest = after;
            continue;
        }
        let line = template[..template.len() - rest.len()].lines().count();
        let end = rest.find("}}").ok_or_else(|| {
            wrong(line, "a place begins with `{{` and has no `}}`.")
                .with_hint("Close it, or write `{{{{` for two braces.")
        })?;
        let (path, filter) = match rest[..end].split_once('|') {
            Some((path, filter)) => (path.trim(), Some(filter.trim())),
            None => (rest[..end].trim(), None),
        };
        let value = look_up(path, values, line)?;
        let text = match filter {
            Some("json") => value.to_string(),
            _ => words::plain(value),
        };
        match (filter, escape) {
            (None, Escape::None) | (Some("raw" | "json"), _) => out.push_str(&text),
            (None, Escape::Markup) => escape_into(&text, &mut out),
            (Some(other), _) => {
                return Err(wrong(line, &format!("`{other}` is not known."))
                    .with_hint("After `|` stands `raw` or `json`."));
            }
        }
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

fn wrong(line: usize, why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        TEMPLATE,
        format!(
            "The template cannot be filled: in line {}, {why}",
            line.max(1)
        ),
    )
}

fn look_up<'a>(path: &str, values: &'a Map<String, Value>, line: usize) -> Result<&'a Value> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let mut value = values.get(first);
    for part in parts {
        value = match value {
            Some(Value::Object(map)) => map.get(part),
            Some(Value::Array(list)) => part.parse::<usize>().ok().and_then(|at| list.get(at)),
            _ => None,
        };
    }
    value.ok_or_else(|| {
        let known: Vec<String> = values.keys().map(|name| format!("`{name}`")).collect();
        let hint = if known.is_empty() {
            "The step has no `values`.".to_owned()
        } else {
            format!("The step has values for {}.", known.join(", "))
        };
        wrong(line, &format!("nothing stands for `{path}`.")).with_hint(hint)
    })
}

fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(template: &str, file: &str) -> Result<String, String> {
        let values = json!({
            "name": "Zoë <b>", "list": ["a", { "deep": 7 }], "empty": "", "yes": true,
        });
        fill(template, values.as_object().unwrap(), Escape::of(file))
            .map_err(|error| format!("{} {}", error.message, error.hint.unwrap_or_default()))
    }

    #[test]
    fn places_are_filled_and_markup_is_escaped() {
        for (template, file, expected) in [
            ("Hi {{ name }}!", "a.txt", "Hi Zoë <b>!"),
            ("Hi {{name}}!", "a.HTML", "Hi Zoë &lt;b&gt;!"),
            ("{{ name | raw }}", "a.html", "Zoë <b>"),
            ("{{ list | json }}", "a.js", r#"["a",{"deep":7}]"#),
            (
                "{{ list.1.deep }}{{ list.0 }}{{ yes }}{{ empty }}",
                "a",
                "7atrue",
            ),
            ("{{{{ name }}", "a", "{{ name }}"),
            ("none", "a", "none"),
        ] {
            assert_eq!(
                filled(template, file).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn a_wrong_place_is_told_with_its_line() {
        for (template, expected) in [
            ("a\nb {{ nmae }}", "in line 2, nothing stands for `nmae`"),
            ("{{ list.9 }}", "in line 1, nothing stands for `list.9`"),
            ("x {{ name", "has no `}}`"),
            ("{{ name | upper }}", "`upper` is not known"),
        ] {
            let error = filled(template, "a").unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
