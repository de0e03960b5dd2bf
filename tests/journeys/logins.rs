//! A person logs in by a code: `podium credentials login` in front, the practice cloud's page behind it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Desk, Running, plain_words};

/// A workspace, and where its practice cloud of Azure is served.
fn desk() -> (Desk, Running, String) {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Logins\ndefault_environment: real\n",
    );
    desk.write("environments/real.yaml", "title: Real\n");
    let mut cloud = desk.start(&["practice", "serve", "azure-automation", "--json"], "");
    let served: Value = serde_json::from_str(&cloud.next().unwrap()).unwrap();
    let address = served["address"].as_str().unwrap().to_owned();
    (desk, cloud, address)
}

fn fields(address: &str) -> [String; 4] {
    [
        format!("url={address}"),
        format!("login_url={address}"),
        "tenant=shop.example".into(),
        "client_id=shop-desk".into(),
    ]
}

fn add<'a>(fields: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["credentials", "add", "me", "--kind", "azure", "--json"];
    for field in fields {
        args.extend(["--field", field]);
    }
    args.extend(more);
    args
}

/// What a person does in a browser.
fn browser(page: &str, code: &str, answer: &str) {
    let host = page
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/device")
        .unwrap();
    let form = format!("code={code}&answer={answer}");
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "POST /device HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

fn begun(login: &mut Running) -> Value {
    let line: Value = serde_json::from_str(&login.next().unwrap()).unwrap();
    line["login"].clone()
}

/// Everything that this Podium wrote on disk, as far as it is text.
fn written(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, into);
        } else if path.is_file() {
            into.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_person_logs_in_and_what_comes_of_it_is_kept_and_never_shown() {
    let (desk, _cloud, address) = desk();
    let fields = fields(&address);
    let mut login = desk.start(&add(&fields, &["--login"]), "");
    let stored: Value = serde_json::from_str(&login.next().unwrap()).unwrap();
    assert_eq!(
        stored["hidden"],
        serde_json::json!([]),
        "nothing secret yet"
    );
    let begun = begun(&mut login);
    assert_eq!(begun["name"], "me");
    assert_eq!(begun["address"], format!("{address}/device"));
    browser(
        begun["address"].as_str().unwrap(),
        begun["code"].as_str().unwrap(),
        "yes",
    );
    let said = login.finish().expect(0);
    let last: Value = serde_json::from_str(said.stdout.last().unwrap()).unwrap();
    let words = last["test"]["words"].as_str().unwrap();
    assert!(words.starts_with("It is shop-desk in "), "{words}");
    let listed = desk
        .podium(&["credentials", "list", "--json"])
        .expect(0)
        .json();
    assert_eq!(listed[0]["hidden"], serde_json::json!(["refresh_token"]));
    assert_eq!(listed[0]["logs_in"], true);
    let tested = desk
        .podium(&["credentials", "test", "me", "--json"])
        .expect(0);
    // The practice cloud's refresh tokens begin so.
    let mut all = format!("{said:?}{listed}{tested:?}");
    written(&desk.home, &mut all);
    assert!(!all.contains("1.practice-"), "the refresh token shows");
}

#[test]
fn a_login_that_is_refused_or_given_up_leaves_the_credential_as_it_was() {
    let (desk, _cloud, address) = desk();
    let fields = fields(&address);
    desk.start(
        &add(&fields, &["--stdin"]),
        r#"{"refresh_token":"expired-0.refresh"}"#,
    )
    .finish()
    .expect(0);
    let tested = desk
        .podium(&["credentials", "test", "me", "--json"])
        .expect(1)
        .json();
    let hint = tested["test"]["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("`podium credentials login me`"), "{hint}");

    let mut login = desk.start(&["credentials", "login", "me", "--json"], "");
    let code = begun(&mut login);
    browser(
        code["address"].as_str().unwrap(),
        code["code"].as_str().unwrap(),
        "no",
    );
    let refused = login.finish().expect(1);
    refused.refused_with("POD0528");

    let mut login = desk.start(&["credentials", "login", "me", "--json"], "");
    begun(&mut login);
    login.signal(Signal::INT);
    let given_up = login.finish().expect(3);
    given_up.refused_with("POD0528");

    let again = desk
        .podium(&["credentials", "test", "me", "--json"])
        .expect(1)
        .json();
    assert_eq!(
        again["test"]["error"]["code"],
        tested["test"]["error"]["code"]
    );
    // For a person at a terminal, in words.
    let mut login = desk.start(&["credentials", "login", "me"], "");
    let line = login.next().unwrap();
    let code = line.rsplit(' ').next().unwrap();
    browser(&format!("{address}/device"), code, "yes");
    let said = login.finish().expect(0);
    assert!(said.stdout[2].contains("is logged in"), "{said:?}");
}

#[test]
fn a_kind_without_a_login_says_so() {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Logins\ndefault_environment: real\n",
    );
    desk.write("environments/real.yaml", "title: Real\n");
    desk.credential(
        "far",
        "awx",
        &["url=http://127.0.0.1:9"],
        r#"{"token":"a-token-4711"}"#,
    );
    let refused = desk
        .podium(&["credentials", "login", "far", "--json"])
        .expect(1);
    refused.refused_with("POD0529");
    plain_words(&refused.error());
    let unknown = desk
        .podium(&["credentials", "login", "nobody", "--json"])
        .expect(1);
    unknown.refused_with("POD0524");
}
