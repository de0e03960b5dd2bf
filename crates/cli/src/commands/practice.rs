//! Practice clouds: listed, served, tried in bad weather, begun anew.

use podium_api::types::{
    CallPractice, Empty, PracticeView, ResetPractice, ServePractice, SetWeather,
};
use podium_api::{ApiError, Podium};

use crate::args::Practice;
use crate::interrupts::Ending;
use crate::output::invalid;
use crate::{exit, output};

pub(crate) async fn run(podium: &Podium, command: Practice, json: bool) -> Result<u8, ApiError> {
    match command {
        Practice::List => {
            let clouds = podium.practice_list(Empty {}).await?;
            if json {
                output::json(&clouds);
            }
            for cloud in clouds.iter().filter(|_| !json) {
                show(cloud);
            }
            Ok(exit::SUCCEEDED)
        }
        Practice::Serve { connectors, port } => serve(podium, connectors, port, json).await,
        Practice::Weather {
            connector,
            rules,
            clear,
        } => weather(podium, connector, rules, clear, json).await,
        Practice::Call {
            connector,
            method,
            path,
            body,
            content_type,
        } => {
            let answer = podium
                .practice_call(CallPractice {
                    connector,
                    method,
                    path,
                    body,
                    content_type,
                })
                .await?;
            if json {
                output::json(&answer);
            } else {
                output::complain(&format!("Simulated; it answered {}.", answer.status));
                output::line(&answer.body);
            }
            Ok(if answer.status < 400 {
                exit::SUCCEEDED
            } else {
                exit::FAILED
            })
        }
        Practice::Reset {
            connectors,
            all: _,
            yes,
        } => reset(podium, connectors, yes, json).await,
    }
}

/// `podium practice serve`
async fn serve(
    podium: &Podium,
    connectors: Vec<String>,
    port: Option<u16>,
    json: bool,
) -> Result<u8, ApiError> {
    // Before anything is said: who reads the first line may interrupt at once.
    let ending = Ending::listen()?;
    let served = podium
        .practice_serve(ServePractice { connectors, port })
        .await?;
    for one in &served {
        if json {
            output::json(one);
        } else {
            output::line(&format!("{} {}", one.connector, one.address));
        }
    }
    if !json {
        output::complain("Simulated; they answer until you interrupt this.");
    }
    ending.comes().await;
    Ok(exit::SUCCEEDED)
}

/// `podium practice weather`
async fn weather(
    podium: &Podium,
    connector: String,
    words: Vec<String>,
    clear: bool,
    json: bool,
) -> Result<u8, ApiError> {
    let only_look = words.is_empty() && !clear;
    let rules = (!only_look).then(|| rules_of(words));
    let cloud = podium
        .practice_weather(SetWeather { connector, rules })
        .await?;
    if json {
        output::json(&cloud);
    } else {
        show(&cloud);
    }
    Ok(exit::SUCCEEDED)
}

/// `cut:POST @/stacks x2 expire`: words that are parts of a rule belong to the rule before them.
fn rules_of(words: Vec<String>) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for word in words {
        let is_part = word.starts_with(['@', '+', ':'])
            || word
                .strip_prefix('x')
                .is_some_and(|times| times.starts_with(|c: char| c.is_ascii_digit()));
        match rules.last_mut() {
            Some(rule) if is_part => {
                rule.push(' ');
                rule.push_str(&word);
            }
            _ => rules.push(word),
        }
    }
    rules
}

/// `podium practice reset`
async fn reset(
    podium: &Podium,
    connectors: Vec<String>,
    yes: bool,
    json: bool,
) -> Result<u8, ApiError> {
    let clouds = podium.practice_list(Empty {}).await?;
    let holding: Vec<&str> = clouds
        .iter()
        .filter(|cloud| cloud.begun)
        .filter(|cloud| connectors.is_empty() || connectors.contains(&cloud.connector))
        .map(|cloud| cloud.connector.as_str())
        .collect();
    if !holding.is_empty() && !yes {
        if !output::is_interactive() {
            let error = invalid(
                "POD0836",
                format!(
                    "This would forget what is in practice of {}, and nobody said yes.",
                    holding.join(", ")
                ),
                "Look at `podium practice list`, then say it again with --yes.",
            );
            output::error(&error, json);
            return Ok(exit::REFUSED);
        }
        if !output::ask(&format!(
            "Forget what is in practice of {}?",
            holding.join(", ")
        )) {
            output::complain("Nothing was forgotten.");
            return Ok(exit::REFUSED);
        }
    }
    let emptied = podium.practice_reset(ResetPractice { connectors }).await?;
    if json {
        output::json(&emptied);
    } else if emptied.is_empty() {
        output::line("Nothing was there to forget; the weather is fair.");
    }
    for cloud in emptied.iter().filter(|_| !json) {
        output::line(&format!(
            "{} (Simulated): forgotten, and the weather is fair.",
            cloud.connector
        ));
    }
    Ok(exit::SUCCEEDED)
}

fn show(cloud: &PracticeView) {
    let addresses = if cloud.addresses.is_empty() {
        String::from(if cloud.http {
            "not served now"
        } else {
            "plays a tool on this computer"
        })
    } else {
        cloud.addresses.join(", ")
    };
    output::line(&format!(
        "{} (Simulated), {}: {addresses}",
        cloud.connector, cloud.label
    ));
    let begun = if cloud.begun { "" } else { " (nothing yet)" };
    output::line(&format!("  state    {}{begun}", cloud.state));
    if !cloud.http {
        return;
    }
    if let Some(trouble) = &cloud.trouble {
        output::line(&format!("  weather  {trouble}"));
    } else if cloud.weather.is_empty() {
        output::line("  weather  fair");
    }
    for rule in &cloud.weather {
        let left = match rule.left {
            Some(0) => String::from(", and is over"),
            Some(left) => format!(", {left} to come"),
            None => String::new(),
        };
        output::line(&format!(
            "  weather  {} — met {}{left}",
            rule.rule, rule.met
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::rules_of;

    #[test]
    fn parts_of_a_rule_may_stand_as_words_of_their_own() {
        let words = ["cut:POST", "@/stacks", "x2", "xylophone", "expire", "+3"];
        assert_eq!(
            rules_of(words.map(str::to_owned).to_vec()),
            ["cut:POST @/stacks x2", "xylophone", "expire +3"]
        );
        assert_eq!(rules_of(vec!["@/x".to_owned()]), ["@/x"]);
    }
}
