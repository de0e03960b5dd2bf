//! PowerShell: cmdlets by their verbs, and calls of the Azure CLI.

use std::collections::BTreeMap;

use podium_connector::Action;

use super::{Read, Touch};

/// Nouns that are of PowerShell itself, or change nothing outside the job.
const OWN: [&str; 46] = [
    "Object",
    "Variable",
    "Item",
    "ItemProperty",
    "Content",
    "Location",
    "Member",
    "Type",
    "TimeSpan",
    "Guid",
    "Alias",
    "StrictMode",
    "Sleep",
    "Job",
    "Transcript",
    "Host",
    "Module",
    "PSSession",
    "PSDrive",
    "Date",
    "ErrorActionPreference",
    "AzContext",
    "AzConfig",
    "AzContextAutosave",
    "AzEnvironment",
    "AzDefault",
    "AzAccount",
    "AzureRmContext",
    "AzureRmContextAutosave",
    "AzureRmAlias",
    "TypeData",
    "FormatData",
    "Event",
    "PSBreakpoint",
    "PSDebug",
    "History",
    "ThreadJob",
    "Verbose",
    "TemporaryFile",
    "CimSession",
    "CimSessionOption",
    "PSSessionOption",
    "Culture",
    "WebServiceProxy",
    "PSRepository",
    "Progress",
];

/// Nouns that make a value in memory and no thing at the far side.
const IN_MEMORY: [&str; 10] = [
    "Config",
    "Setting",
    "Rule",
    "Option",
    "Spec",
    "Definition",
    "Parameter",
    "Trigger",
    "Action",
    "Criteria",
];

fn action_of(verb: &str) -> Option<Action> {
    Some(match verb.to_lowercase().as_str() {
        "new" | "add" | "copy" | "import" | "register" | "restore" | "mount" => Action::Create,
        "set" | "update" | "start" | "stop" | "restart" | "enable" | "disable" | "resume"
        | "suspend" | "move" | "rename" | "publish" | "grant" | "reset" | "resize" | "edit"
        | "save" | "sync" | "switch" | "lock" | "unlock" | "approve" | "deny" | "push" => {
            Action::Update
        }
        "remove" | "clear" | "uninstall" | "unregister" | "revoke" | "dismount" | "unpublish" => {
            Action::Delete
        }
        "invoke" => Action::Run,
        _ => return None,
    })
}

pub(super) fn read(text: &str, parameters: &BTreeMap<String, String>) -> Read {
    let mut read = Read::default();
    let plain = without_comments(text);
    for statement in statements(&plain) {
        let words = words(&statement);
        for (at, word) in words.iter().enumerate() {
            let begins = at == 0
                || matches!(
                    words[at - 1].as_str(),
                    "|" | "=" | "(" | "{" | "&" | "." | "return"
                );
            if !begins {
                continue;
            }
            let rest = arguments(&words[at + 1..]);
            if word == "az" {
                read.touches.extend(cli(rest, parameters));
            } else if let Some(touch) = cmdlet(word, rest, parameters) {
                read.touches.push(touch);
            } else if word.to_lowercase().ends_with(".ps1") {
                note(
                    &mut read,
                    format!("It runs `{word}`, whose text was not read."),
                );
            }
            if word.eq_ignore_ascii_case("invoke-expression") || word.eq_ignore_ascii_case("iex") {
                note(
                    &mut read,
                    "It runs text that it puts together itself (`Invoke-Expression`).".into(),
                );
            }
        }
    }
    read
}

fn note(read: &mut Read, text: String) {
    if !read.notes.contains(&text) {
        read.notes.push(text);
    }
}

fn cmdlet(word: &str, rest: &[String], parameters: &BTreeMap<String, String>) -> Option<Touch> {
    let (verb, noun) = word.split_once('-')?;
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
    if noun.is_empty() || !is_name(verb) || !is_name(noun) {
        return None;
    }
    let mut action = action_of(verb)?;
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(noun)) {
        return None;
    }
    if action == Action::Create
        && verb.eq_ignore_ascii_case("new")
        && IN_MEMORY.iter().any(|end| noun.ends_with(end))
    {
        return None;
    }
    let mut kind = noun.to_owned();
    let mut name = named(
        rest,
        &[
            "-name",
            "-vmname",
            "-resourcename",
            "-resourceid",
            "-id",
            "-accountname",
            "-identity",
            "-computername",
        ],
        parameters,
    );
    match noun.to_lowercase().as_str() {
        "azrestmethod" | "restmethod" | "webrequest" => {
            let method = named(rest, &["-method"], parameters).unwrap_or_else(|| "GET".into());
            action = match method.to_lowercase().as_str() {
                "get" | "head" => return None,
                "put" | "patch" => Action::Update,
                "delete" => Action::Delete,
                _ => Action::Run,
            };
            kind = format!("{} request", method.to_uppercase());
            name = named(rest, &["-uri", "-path"], parameters);
        }
        "azautomationrunbook" | "azurermautomationrunbook"
            if verb.eq_ignore_ascii_case("start") =>
        {
            action = Action::Run;
        }
        _ => {}
    }
    if name.is_none() && kind.ends_with("ResourceGroup") {
        name = named(rest, &["-resourcegroupname"], parameters);
    }
    // The first word without a switch is the name, for most of them.
    if name.is_none()
        && let Some(first) = rest.first().filter(|first| !first.starts_with('-'))
    {
        name = value(first, parameters);
    }
    Some(Touch {
        action,
        kind,
        name,
        command: word.to_owned(),
        times: 1,
    })
}

fn cli(rest: &[String], parameters: &BTreeMap<String, String>) -> Option<Touch> {
    let path: Vec<&str> = rest
        .iter()
        .take_while(|word| !word.starts_with('-') && !word.starts_with('$'))
        .map(String::as_str)
        .collect();
    let verb = *path.last()?;
    let action = match verb {
        "create" | "add" | "import" | "copy" | "restore" | "upload" => Action::Create,
        "update" | "set" | "start" | "stop" | "restart" | "deallocate" | "resize" | "scale"
        | "enable" | "disable" | "assign" | "move" | "rotate" | "renew" | "swap" => Action::Update,
        "delete" | "remove" | "purge" | "delete-batch" => Action::Delete,
        "invoke" | "run" | "rest" => Action::Run,
        _ => return None,
    };
    if path.first() == Some(&"account") && matches!(verb, "set" | "clear") {
        return None;
    }
    Some(Touch {
        action,
        kind: format!("az {}", path[..path.len() - 1].join(" ")),
        name: named(rest, &["--name", "-n", "--ids"], parameters)
            .or_else(|| named(rest, &["--resource-group", "-g"], parameters)),
        command: format!("az {}", path.join(" ")),
        times: 1,
    })
}

/// The words that belong to a command: until a pipe, a bracket that closes, or the end.
fn arguments(words: &[String]) -> &[String] {
    let end = words
        .iter()
        .position(|word| matches!(word.as_str(), "|" | ")" | "}" | "{"))
        .unwrap_or(words.len());
    &words[..end]
}

fn named(
    words: &[String],
    names: &[&str],
    parameters: &BTreeMap<String, String>,
) -> Option<String> {
    for (at, word) in words.iter().enumerate() {
        let small = word.to_lowercase();
        if let Some((name, given)) = small.split_once('=').or_else(|| small.split_once(':'))
            && names.contains(&name)
        {
            return value(&word[word.len() - given.len()..], parameters);
        }
        if names.contains(&small.as_str()) {
            return words.get(at + 1).and_then(|next| value(next, parameters));
        }
    }
    None
}

/// A value that stands there, or a parameter that is given; `None` for what is computed.
fn value(word: &str, parameters: &BTreeMap<String, String>) -> Option<String> {
    if let Some(name) = word.strip_prefix('$') {
        return parameters.get(&name.to_lowercase()).cloned();
    }
    let quoted = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if let Some(text) = quoted {
        if let Some(name) = text.strip_prefix('$')
            && name.chars().all(char::is_alphanumeric)
        {
            return parameters.get(&name.to_lowercase()).cloned();
        }
        return (!text.contains('$')).then(|| text.to_owned());
    }
    if let Some(text) = word
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Some(text.to_owned());
    }
    let is_plain =
        !word.is_empty() && !word.starts_with(['(', '@', '{', '-']) && !word.contains('$');
    is_plain.then(|| word.to_owned())
}

/// The text without comments; a line that goes on with a backtick is one.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut quote = None;
    let mut last = '\n';
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '<') if rest.peek() == Some(&'#') => {
                rest.next();
                let mut before = ' ';
                for c in rest.by_ref() {
                    if before == '#' && c == '>' {
                        break;
                    }
                    before = c;
                }
                plain.push(' ');
            }
            (None, '#') if last.is_whitespace() || matches!(last, ';' | '{' | '(' | ')') => {
                while rest.next_if(|c| *c != '\n').is_some() {}
            }
            (None, '`') => {
                while rest.next_if(|c| matches!(c, ' ' | '\r')).is_some() {}
                if rest.next_if_eq(&'\n').is_none() {
                    plain.push('`');
                }
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                plain.push(c);
            }
            (Some(open), c) if c == open => {
                quote = None;
                plain.push(c);
            }
            (_, c) => plain.push(c),
        }
        last = c;
    }
    plain
}

/// Statements: one a line, or parted by semicolons; quotes hold together.
fn statements(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '\n' | ';') => all.push(String::new()),
            (None, '"' | '\'') => {
                quote = Some(c);
                if let Some(last) = all.last_mut() {
                    last.push(c);
                }
            }
            (open, c) => {
                if open == Some(c) {
                    quote = None;
                }
                if let Some(last) = all.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    all
}

/// Words, with brackets and pipes as words of their own; quotes hold together.
fn words(statement: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let flush = |word: &mut String, words: &mut Vec<String>| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    for c in statement.chars() {
        match (quote, c) {
            (Some(open), c) => {
                word.push(c);
                if c == open {
                    quote = None;
                }
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                word.push(c);
            }
            (None, c) if c.is_whitespace() || c == ',' => flush(&mut word, &mut words),
            (None, '|' | '(' | ')' | '{' | '}') => {
                flush(&mut word, &mut words);
                words.push(c.to_string());
            }
            (None, '=') if word.is_empty() || word.starts_with('$') => {
                flush(&mut word, &mut words);
                words.push("=".into());
            }
            (None, c) => word.push(c),
        }
    }
    flush(&mut word, &mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let parameters = BTreeMap::from([("name".to_owned(), "shop-wéb-1".to_owned())]);
        read(text, &parameters)
            .touches
            .iter()
            .map(|touch| {
                format!(
                    "{:?} {} {}",
                    touch.action,
                    touch.kind,
                    touch.name.as_deref().unwrap_or("?")
                )
            })
            .collect()
    }

    #[test]
    fn what_a_script_does_is_read_from_its_commands() {
        for (text, expected) in [
            (
                "Remove-AzVM -ResourceGroupName rg -Name $Name -Force",
                "Delete AzVM shop-wéb-1",
            ),
            (
                "$vm = New-AzVM -Name 'größe 1' `\n  -Location westeurope",
                "Create AzVM größe 1",
            ),
            ("Get-AzVM | Stop-AzVM -Force", "Update AzVM ?"),
            (
                "foreach ($vm in $vms) { Start-AzVM -Name $vm.Name }",
                "Update AzVM ?",
            ),
            (
                "az group delete --name \"shop-west\" --yes",
                "Delete az group shop-west",
            ),
            ("az vm list -o table", ""),
            (
                "# Remove-AzVM -Name x\n<# Remove-AzVM\n #>Write-Output 'Remove-AzVM'",
                "",
            ),
            (
                "New-Object PSObject; Start-Sleep 5; Set-AzContext -Subscription x",
                "",
            ),
            (
                "Invoke-RestMethod -Method Delete -Uri https://a/b",
                "Delete DELETE request https://a/b",
            ),
            ("Invoke-RestMethod -Uri https://a/b", ""),
            (
                "Start-AzAutomationRunbook -Name Child",
                "Run AzAutomationRunbook Child",
            ),
            ("if (Remove-AzDisk -DiskName d) { }", "Delete AzDisk ?"),
            ("New-AzNetworkSecurityRuleConfig -Name x", ""),
            (
                "New-AzResourceGroup -Name:\"rg1\"",
                "Create AzResourceGroup rg1",
            ),
            (
                "Set-AutomationVariable -Name Counter -Value 1",
                "Update AutomationVariable Counter",
            ),
            ("Write-Output \"Remove-AzVM -Name x\" ", ""),
        ] {
            assert_eq!(told(text).join("; "), expected, "{text}");
        }
    }

    #[test]
    fn what_it_does_not_follow_is_said() {
        let read = read("& .\\child.ps1\nInvoke-Expression $text", &BTreeMap::new());
        assert_eq!(read.notes.len(), 2, "{:?}", read.notes);
    }
}
