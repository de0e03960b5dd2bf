//! Practice clouds from the command line: listed, served, tried in bad weather, begun anew. Asked from
//! outside by plain HTTP, as any client would.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, Ran, Running, event, plain_words};

/// A workspace with nothing but an environment for practice.
fn desk() -> Desk {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Practice\ndefault_environment: play\n",
    );
    desk.write("environments/play.yaml", "practice: true\n");
    desk
}

/// Starts to serve, and reads a line of JSON for each.
fn serve(desk: &Desk, connectors: &[&str]) -> (Running, Vec<Value>) {
    let mut args = vec!["practice", "serve", "--json"];
    args.extend(connectors);
    let mut running = desk.start(&args, "");
    let lines = connectors
        .iter()
        .map(|_| serde_json::from_str(&running.next().unwrap()).unwrap())
        .collect();
    (running, lines)
}

/// Asks in plain HTTP; gives status and the whole reply, or how the connection ended.
fn ask(address: &str, method: &str, path: &str, token: &str) -> Result<(u16, String), ErrorKind> {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\ncontent-length: 2\r\n\r\nhi"
    )
    .unwrap();
    let mut reply = Vec::new();
    stream
        .read_to_end(&mut reply)
        .map_err(|error| error.kind())?;
    let reply = String::from_utf8(reply).unwrap();
    let status = reply.split(' ').nth(1).ok_or(ErrorKind::UnexpectedEof)?;
    Ok((status.parse().unwrap(), reply))
}

fn status(address: &str, method: &str, path: &str) -> Result<u16, ErrorKind> {
    ask(address, method, path, "one").map(|(status, _)| status)
}

fn weather(desk: &Desk, connector: &str, rules: &[&str]) -> Value {
    let mut args = vec!["practice", "weather", connector];
    args.extend(rules);
    args.push("--json");
    desk.podium(&args).expect(0).json()
}

fn listed(desk: &Desk, connector: &str) -> Value {
    let all = desk
        .podium(&["practice", "list", "--json"])
        .expect(0)
        .json();
    let found = all.as_array().unwrap().iter();
    let mut found = found.filter(|cloud| cloud["connector"] == connector);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no {connector}: {all}"));
    assert!(found.next().is_none());
    one.clone()
}

/// What the practice web holds.
fn pages(desk: &Desk) -> usize {
    let state = fs::read_to_string(desk.home.join("practice/http.json")).unwrap_or_default();
    serde_json::from_str::<Value>(&state).map_or(0, |state| state.as_object().unwrap().len())
}

fn one_diagnostic(told: &Ran, number: usize) -> Value {
    told.error()["diagnostics"][number].clone()
}

#[test]
fn every_simulator_is_listed_as_simulated_and_local_steps_are_not() {
    let desk = desk();
    let all = desk
        .podium(&["practice", "list", "--json"])
        .expect(0)
        .json();
    let all = all.as_array().unwrap();
    for cloud in all {
        assert_eq!(cloud["mode"], "simulated", "{cloud}");
        assert_eq!(cloud["addresses"], json!([]), "{cloud}");
        assert_eq!(cloud["begun"], false, "{cloud}");
        let state = cloud["state"].as_str().unwrap();
        assert!(
            state.starts_with(desk.home.to_str().unwrap()),
            "{state} is in the home"
        );
    }
    let names = |http: bool| -> Vec<&str> {
        let those = all.iter().filter(|cloud| cloud["http"] == http);
        those.map(|c| c["connector"].as_str().unwrap()).collect()
    };
    assert!(names(true).contains(&"cloudformation"));
    assert!(names(false).contains(&"terraform"));
    assert!(!all.iter().any(|cloud| cloud["connector"] == "file"));
    let text = desk.podium(&["practice", "list"]).expect(0).stdout;
    let heads: Vec<&String> = text.iter().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(heads.len(), all.len());
    assert!(
        heads.iter().all(|line| line.contains("(Simulated)")),
        "{heads:?}"
    );
}

#[test]
fn what_is_served_is_listed_by_another_process_until_its_end() {
    let desk = desk();
    for signal in [Signal::TERM, Signal::INT] {
        let (running, lines) = serve(&desk, &["http", "cloudformation"]);
        for (line, connector) in lines.iter().zip(["http", "cloudformation"]) {
            assert_eq!(line["connector"], connector);
            assert_eq!(line["mode"], "simulated");
            let address = line["address"].as_str().unwrap();
            assert!(address.starts_with("http://127.0.0.1:"), "{address}");
            assert_eq!(listed(&desk, connector)["addresses"], json!([address]));
        }
        let web = lines[0]["address"].as_str().unwrap();
        assert_eq!(status(web, "PUT", "/a"), Ok(201));
        running.signal(signal);
        running.finish().expect(0);
        assert_eq!(listed(&desk, "http")["addresses"], json!([]));
        assert!(listed(&desk, "http")["begun"] == true);
        desk.podium(&["practice", "reset", "http", "--yes"])
            .expect(0);
    }
    // Killed without a word, it is no longer listed either.
    let (running, _) = serve(&desk, &["http"]);
    running.signal(Signal::KILL);
    assert_eq!(running.finish().code, None);
    assert_eq!(listed(&desk, "http")["addresses"], json!([]));
}

#[test]
fn all_that_speak_http_are_served_where_none_is_named() {
    let desk = desk();
    let all = desk
        .podium(&["practice", "list", "--json"])
        .expect(0)
        .json();
    let expected: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .filter(|cloud| cloud["http"] == true)
        .map(|cloud| cloud["connector"].as_str().unwrap())
        .collect();
    let mut running = desk.start(&["practice", "serve"], "");
    for connector in &expected {
        let line = running.next().unwrap();
        let (name, address) = line.split_once(' ').unwrap();
        assert_eq!(name, *connector);
        assert!(status(address, "GET", "/").is_ok(), "{line}");
    }
    running.signal(Signal::TERM);
    let ended = running.finish().expect(0);
    assert_eq!(ended.stdout.len(), expected.len());
    assert!(ended.stderr.contains("Simulated"), "{}", ended.stderr);
}

#[test]
fn ports_follow_the_one_that_is_named_and_a_taken_one_is_told() {
    let desk = desk();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    desk.podium(&["practice", "serve", "http", "--port", &port, "--json"])
        .expect(1)
        .refused_with("POD0833");
    desk.podium(&[
        "practice",
        "serve",
        "http",
        "cloudformation",
        "--port",
        "65535",
        "--json",
    ])
    .expect(1)
    .refused_with("POD0833");
    drop(taken);
    let mut running = desk.start(&["practice", "serve", "http", "--port", &port], "");
    assert_eq!(
        running.next().unwrap(),
        format!("http http://127.0.0.1:{port}")
    );
    running.signal(Signal::TERM);
    running.finish().expect(0);
}

#[test]
fn weather_is_set_by_one_process_and_met_by_the_calls_of_another() {
    let desk = desk();
    let (running, lines) = serve(&desk, &["http"]);
    let web = lines[0]["address"].as_str().unwrap();

    let told = weather(&desk, "http", &["throttle:7", "x2", "@/slow-down"]);
    assert_eq!(told["weather"][0]["rule"], "throttle:7 @/slow-down x2");
    let (code, reply) = ask(web, "PUT", "/slow-down", "one").unwrap();
    assert!(
        code == 429 && reply.to_lowercase().contains("retry-after: 7"),
        "{reply}"
    );
    assert_eq!(status(web, "PUT", "/other"), Ok(201));
    assert_eq!(status(web, "PUT", "/slow-down"), Ok(429));
    assert_eq!(pages(&desk), 1, "what is throttled is not handled");
    assert_eq!(status(web, "PUT", "/slow-down"), Ok(201));
    let rule = &listed(&desk, "http")["weather"][0];
    assert_eq!((&rule["met"], &rule["left"]), (&json!(2), &json!(0)));

    weather(&desk, "http", &["cut:PUTx1"]);
    assert_eq!(
        status(web, "PUT", "/cut"),
        Err(ErrorKind::ConnectionReset),
        "the reply is lost"
    );
    assert_eq!(pages(&desk), 3, "and the call was handled");
    weather(&desk, "http", &["refuse"]);
    assert_eq!(
        status(web, "PUT", "/refused"),
        Err(ErrorKind::ConnectionReset)
    );
    assert_eq!(pages(&desk), 3, "this one was not");

    weather(
        &desk,
        "http",
        &["html:502", "x1", "redirect:https://elsewhere.example/"],
    );
    let (code, page) = ask(web, "GET", "/", "one").unwrap();
    assert!(code == 502 && page.contains("<html>"), "{page}");
    let (code, away) = ask(web, "GET", "/", "one").unwrap();
    assert_eq!(code, 302);
    assert!(away.contains("https://elsewhere.example/"), "{away}");

    weather(&desk, "http", &["slow:300"]);
    let begun = Instant::now();
    assert_eq!(status(web, "PUT", "/cut"), Ok(200));
    assert!(begun.elapsed() >= Duration::from_millis(300));

    assert_eq!(weather(&desk, "http", &["--clear"])["weather"], json!([]));
    assert_eq!(status(web, "GET", "/"), Ok(200));
    assert!(!desk.home.join("practice/http.weather.json").exists());
    running.signal(Signal::TERM);
    running.finish().expect(0);
}

#[test]
fn two_processes_that_serve_the_same_lose_nothing_of_each_other() {
    let desk = desk();
    let served = [serve(&desk, &["http"]), serve(&desk, &["http"])];
    let addresses: Vec<&str> = served
        .iter()
        .map(|(_, lines)| lines[0]["address"].as_str().unwrap())
        .collect();
    assert_ne!(addresses[0], addresses[1]);
    let known = listed(&desk, "http")["addresses"].clone();
    assert_eq!(known.as_array().unwrap().len(), 2, "{known}");
    weather(&desk, "http", &["throttle:0", "@/page", "x10"]);
    let throttled: usize = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..8)
            .map(|number| {
                let address = addresses[number % 2];
                scope.spawn(move || {
                    let mut throttled = 0;
                    for page in 0..10 {
                        let path = format!("/page-{number}-{page}");
                        while status(address, "PUT", &path) == Ok(429) {
                            throttled += 1;
                        }
                    }
                    throttled
                })
            })
            .collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum()
    });
    assert_eq!(pages(&desk), 80, "each page is there");
    assert_eq!(throttled, 10, "and each rule was counted by both together");
    for (running, _) in served {
        running.signal(Signal::TERM);
        running.finish().expect(0);
    }
}

#[test]
fn a_token_ends_on_demand_and_is_written_nowhere() {
    let desk = desk();
    let (running, lines) = serve(&desk, &["http"]);
    let web = lines[0]["address"].as_str().unwrap();
    weather(&desk, "http", &["expire", "+1"]);
    let said = |token: &str| ask(web, "GET", "/things", token).unwrap().0;
    let first = "s3cr3t-t0ken-number-one";
    assert_eq!(said(first), 200);
    assert_eq!(said(first), 401);
    assert_eq!(said(first), 401);
    assert_eq!(said("another-token-of-the-same"), 200);
    running.signal(Signal::TERM);
    running.finish().expect(0);
    for (name, bytes) in super::harness::tree(&desk.home.join("practice")) {
        assert!(
            !super::harness::contains(&bytes.unwrap_or_default(), b"s3cr3t"),
            "{}",
            name.display()
        );
    }
}

#[test]
fn a_run_in_practice_meets_the_weather_and_gets_through() {
    let desk = desk();
    desk.write(
        "stack.yaml",
        "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: größe-日本 }\n",
    );
    desk.write(
        "workflows/one.yaml",
        "podium: 1\nname: One\ncredentials: { cloud: { type: aws } }\nsteps:\n  one:\n    \
         uses: cloudformation/deploy\n    credentials: { aws: cloud }\n    \
         with: { stack: one, template: stack.yaml }\n",
    );
    // The first calls only look, and are asked again; what is throttled later goes again in any case.
    let rules = ["cut", "x1", "html:502", "x1", "throttle:0", "+3", "x2"];
    weather(&desk, "cloudformation", &rules);
    let events = desk
        .podium(&["run", "one", "--json", "--yes"])
        .expect(0)
        .events();
    event(&events, "run.succeeded", "");
    let rules = listed(&desk, "cloudformation")["weather"].clone();
    for rule in rules.as_array().unwrap() {
        assert_eq!(rule["left"], 0, "each was met: {rules}");
    }
    let state = fs::read_to_string(desk.home.join("practice/cloudformation.json")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let stacks = state["stacks"].as_array().unwrap().iter();
    let made = stacks.filter(|stack| stack["status"] == "CREATE_COMPLETE");
    assert_eq!(made.count(), 1, "{state}");
}

#[test]
fn practice_goes_by_no_proxy() {
    let mut desk = desk();
    desk.write(
        "workflows/one.yaml",
        "podium: 1\nname: One\nsteps:\n  one:\n    uses: http/request\n    \
         with: { method: PUT, url: \"http://shop.example/\", body: hello }\n",
    );
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        desk.set(name, &address);
    }
    desk.podium(&["run", "one", "--json", "--yes"]).expect(0);
    assert_eq!(pages(&desk), 1);
    assert_eq!(
        proxy.accept().unwrap_err().kind(),
        ErrorKind::WouldBlock,
        "nobody came to the proxy"
    );
}

#[test]
fn what_is_no_weather_is_located_and_answered_with_what_is_possible() {
    let desk = desk();
    weather(&desk, "http", &["cut"]);
    let told = desk
        .podium(&[
            "practice",
            "weather",
            "http",
            "thortle:3",
            "cut:PSOT",
            "slow:1",
            "--json",
        ])
        .expect(1);
    told.refused_with("POD0831");
    let error = told.error();
    plain_words(&error);
    let hint = error["hint"].as_str().unwrap();
    for name in [
        "throttle:",
        "expire",
        "cut",
        "refuse",
        "html:",
        "redirect:",
        "slow:",
        "status:",
        "@PATH-PART",
        "xTIMES",
    ] {
        assert!(hint.contains(name), "{name}: {hint}");
    }
    let (first, second) = (one_diagnostic(&told, 0), one_diagnostic(&told, 1));
    assert_eq!(first["span"]["start"]["column"], 1, "{first}");
    assert_eq!(first["hint"], "Did you mean `throttle`?");
    assert_eq!(second["address"]["field"], "/rules/1");
    assert_eq!(second["span"]["start"]["column"], 5, "{second}");
    let text = desk
        .podium(&["practice", "weather", "http", "cut:PSOT"])
        .expect(1)
        .stderr;
    assert!(text.contains("rule 1:1:5: error[POD0831]"), "{text}");
    // The weather before is still there.
    assert_eq!(weather(&desk, "http", &[])["weather"][0]["rule"], "cut");
}

#[test]
fn what_has_no_weather_says_why() {
    let desk = desk();
    for (args, code) in [
        (&["weather", "htp", "cut"][..], "POD0803"),
        (&["weather", "htp"], "POD0803"),
        (&["weather", "terraform", "html:502"], "POD0832"),
        (&["weather", "terraform", "cut:POST"], "POD0832"),
        (&["weather", "ansible", "throttle"], "POD0832"),
        (&["weather", "http", "fail:1"], "POD0832"),
        (&["weather", "file", "cut"], "POD0832"),
        (&["serve", "terraform"], "POD0832"),
        (&["serve", "nobody"], "POD0803"),
        (&["reset", "nobody", "--yes"], "POD0803"),
    ] {
        let mut whole = vec!["practice"];
        whole.extend(args);
        whole.push("--json");
        desk.podium(&whole).expect(1).refused_with(code);
    }
    desk.podium(&["practice", "reset"]).expect(2);
    desk.podium(&["practice", "serve", "--port", "0"]).expect(2);
    desk.podium(&["practice", "weather", "http", "cut", "--clear"])
        .expect(2);

    // A file that is no weather is told, where it is listed and where a call meets it.
    fs::create_dir_all(desk.home.join("practice")).unwrap();
    fs::write(desk.home.join("practice/http.weather.json"), "rain").unwrap();
    let trouble = listed(&desk, "http")["trouble"].clone();
    assert_eq!(trouble["code"], "POD0834", "{trouble}");
    plain_words(&trouble);
    let (running, lines) = serve(&desk, &["http"]);
    let web = lines[0]["address"].as_str().unwrap();
    assert_eq!(status(web, "GET", "/"), Ok(500));
    weather(&desk, "http", &["--clear"]);
    assert_eq!(status(web, "GET", "/"), Ok(200));
    running.signal(Signal::TERM);
    running.finish().expect(0);
}

#[test]
fn forgetting_is_asked_for_and_a_served_simulator_begins_anew() {
    let desk = desk();
    let (running, lines) = serve(&desk, &["http"]);
    let web = lines[0]["address"].as_str().unwrap();
    assert_eq!(status(web, "PUT", "/a"), Ok(201));
    weather(&desk, "http", &["status:500", "@/b"]);
    for which in ["http", "--all"] {
        let refused = desk
            .podium(&["practice", "reset", which, "--json"])
            .expect(5);
        refused.refused_with("POD0836");
    }
    assert_eq!(pages(&desk), 1);
    let forgotten = desk
        .podium(&["practice", "reset", "--all", "--yes", "--json"])
        .expect(0)
        .json();
    assert_eq!(forgotten.as_array().unwrap().len(), 1);
    assert_eq!(forgotten[0]["connector"], "http");
    assert_eq!(forgotten[0]["begun"], false);
    assert_eq!(forgotten[0]["weather"], json!([]));
    assert_eq!(status(web, "PUT", "/a"), Ok(201), "it is new there");
    assert_eq!(status(web, "PUT", "/b"), Ok(201), "and the weather is fair");
    // Where nothing is held there is nothing to ask about.
    desk.podium(&["practice", "reset", "cloudformation"])
        .expect(0);
    running.signal(Signal::TERM);
    running.finish().expect(0);
}

#[test]
fn every_step_says_whether_it_is_simulated_or_real() {
    let desk = desk();
    desk.write("infra/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    let site = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = site.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in site.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    desk.write(
        "workflows/one.yaml",
        &format!(
            "podium: 1\nname: One\nsteps:\n  far:\n    uses: terraform/apply\n    \
             with: {{ directory: infra }}\n  note:\n    uses: file/render\n    \
             with: {{ text: \"http://{here}/\", to: address.txt }}\n  page:\n    \
             uses: http/check\n    needs: [far]\n    \
             with: {{ url: \"http://{here}/?${{{{ steps.note.outputs.sha256 }}}}\" }}\n"
        ),
    );
    // What decides about the page is known after a step: it is open in the preview, and told in the run.
    let preview = desk.podium(&["preview", "one", "--json"]).expect(0).json();
    let modes: Vec<(&str, &str)> = preview["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["id"].as_str().unwrap(), step["mode"].as_str().unwrap()))
        .collect();
    assert!(modes.contains(&("far", "simulated")) && modes.contains(&("note", "real")));
    let words = desk.podium(&["preview", "one"]).expect(0).stdout;
    let line = |operation: &str| {
        let found = words.iter().find(|line| line.contains(operation));
        found.unwrap_or_else(|| panic!("{operation}: {words:?}"))
    };
    assert!(line("terraform/apply").contains("· Simulated ·"));
    assert!(line("file/render").contains("· Real ·"));
    assert!(line("http/check").contains("· Real or simulated ·"));

    let told = desk.podium(&["run", "one", "--yes"]).expect(0).stdout;
    for line in [
        "▶ far · Simulated",
        "✓ far · Simulated",
        "✓ note · Real",
        "▶ page · Real",
        "✓ page · Real",
    ] {
        assert!(told.contains(&line.to_owned()), "{line}: {told:?}");
    }
    assert!(
        told.last()
            .unwrap()
            .ends_with("Some of it was simulated, some is real."),
        "{told:?}"
    );
    let listed = desk.podium(&["runs", "list"]).expect(0).stdout;
    assert!(listed[0].contains("Partly simulated"), "{listed:?}");
    let shown = desk.podium(&["runs", "show"]).expect(0).stdout;
    for (operation, label) in [
        ("terraform/apply", "Simulated"),
        ("file/render", "Real"),
        ("http/check", "Real"),
    ] {
        let ends = format!("{operation} · {label}");
        assert!(shown.iter().any(|line| line.ends_with(&ends)), "{shown:?}");
    }

    let events = desk.podium(&["runs", "events"]).expect(0).events();
    for (step, mode) in [("far", "simulated"), ("note", "real"), ("page", "real")] {
        let intent = event(&events, "step.intent", step);
        assert_eq!(intent["data"]["mode"], mode, "{step}");
    }
    let run = super::harness::run_of(&events);
    let undone = desk
        .podium(&["runs", "undo", run, "--yes"])
        .expect(0)
        .stdout;
    assert!(
        undone.contains(&"✓ far is taken back · Simulated".to_owned()),
        "{undone:?}"
    );
    assert!(
        undone.last().unwrap().starts_with("It is taken back."),
        "{undone:?}"
    );
}

#[test]
fn a_tool_that_is_played_meets_the_weather_in_its_own_words() {
    let desk = desk();
    desk.write(
        "infra/main.tf",
        "terraform {\n  required_providers {\n    random = { source = \"hashicorp/random\" }\n  }\n}\n\
         resource \"terraform_data\" \"a\" {}\n",
    );
    desk.write(
        "workflows/one.yaml",
        "podium: 1\nname: One\nsteps:\n  far:\n    uses: terraform/apply\n    with: { directory: infra }\n",
    );
    let problem = || {
        let preview = desk.podium(&["preview", "one", "--json"]).expect(1).json();
        let problem = preview["steps"][0]["problem"].clone();
        plain_words(&problem);
        problem
    };
    let set = weather(&desk, "terraform", &["refuse", "@init", "x1"]);
    assert_eq!(set["weather"][0]["rule"], "refuse @init x1");
    let told = problem();
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .contains("registry.terraform.io"),
        "{told}"
    );
    // It met its one call, and the next preview is fair.
    assert_eq!(weather(&desk, "terraform", &[])["weather"][0]["left"], 0);
    desk.podium(&["preview", "one", "--json"]).expect(0);

    weather(&desk, "terraform", &["fail:1", "@apply"]);
    let ran = desk.podium(&["run", "one", "--json", "--yes"]).expect(1);
    let events = ran.events();
    let told = event(&events, "step.failed", "far")["data"]["error"].clone();
    assert!(told["message"].as_str().unwrap().contains("lock"), "{told}");
    weather(&desk, "terraform", &["--clear"]);
    desk.podium(&["run", "one", "--json", "--yes"]).expect(0);
}
