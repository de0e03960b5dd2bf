//! Which calls a weather meets, what becomes of them, and how rules are written.

use podium_secret::Secret;

use super::*;

fn get(path: &str) -> HttpRequest {
    HttpRequest::get(format!("http://127.0.0.1:9{path}"))
}

fn post(path: &str) -> HttpRequest {
    HttpRequest::write(Method::Post, format!("http://127.0.0.1:9{path}"))
}

fn bearing(token: &str) -> HttpRequest {
    get("/things").secret_header("Authorization", format!("Bearer {token}").as_str().into())
}

/// What becomes of a call, in a word.
fn met(weather: &mut Weather, request: &HttpRequest) -> String {
    match weather.meet(request) {
        None => String::from("fair"),
        Some(Effect::Answer(reply)) => reply.status.to_string(),
        Some(Effect::Cut) => String::from("cut"),
        Some(Effect::Refuse) => String::from("refuse"),
        Some(Effect::Late(time)) => format!("late {}", time.as_millis()),
    }
}

#[test]
fn the_first_rule_that_fits_meets_a_call_as_often_as_it_says() {
    let mut weather = Weather::fair()
        .and(Does::Cut.rule().of(Method::Post).at("/stacks").times(1))
        .and(Does::throttle(3).at("/stacks").after(2).times(2))
        .and(Does::slow(40).at("kind=late"));
    let calls = [
        (get("/stacks"), "fair"),
        (post("/things"), "fair"),
        (post("/stacks"), "cut"),
        (post("/stacks"), "fair"),
        (post("/stacks"), "429"),
        (get("/stacks/1"), "429"),
        (get("/stacks"), "fair"),
        (get("/other?kind=late"), "late 40"),
        (get("/other?kind=late"), "late 40"),
    ];
    for (number, (call, expected)) in calls.iter().enumerate() {
        assert_eq!(met(&mut weather, call), *expected, "call {number}");
    }
    let counted: Vec<_> = weather.rules.iter().map(|r| (r.met(), r.left())).collect();
    assert_eq!(counted, [(1, Some(0)), (2, Some(0)), (2, None)]);
    assert!(!weather.is_fair());
    // The host is no part of the path.
    let mut weather = Weather::from(Does::Refuse.rule().at("127.0.0.1"));
    assert_eq!(met(&mut weather, &get("/x")), "fair");
}

#[test]
fn a_token_that_ended_stays_refused_and_another_one_is_taken() {
    let mut weather = Weather::from(Does::Expire);
    assert_eq!(met(&mut weather, &get("/open")), "fair");
    assert_eq!(met(&mut weather, &bearing("one")), "401");
    assert_eq!(met(&mut weather, &bearing("one")), "401");
    assert_eq!(met(&mut weather, &bearing("two")), "fair");
    assert_eq!(met(&mut weather, &bearing("two")), "fair");
    assert_eq!(met(&mut weather, &bearing("one")), "401");
}

#[test]
fn asking_for_a_token_is_never_refused_for_the_token() {
    let mut weather = Weather::from(Does::Expire);
    for path in [
        "/oauth2/v2.0/token",
        "/identity/token",
        "/api/v3.1/tokens",
        "/users/login",
    ] {
        let login = post(path).secret_header("authorization", Secret::from("Basic YTpi"));
        assert_eq!(met(&mut weather, &login), "fair", "{path}");
    }
    assert_eq!(met(&mut weather, &bearing("one")), "401");
}

#[test]
fn a_served_call_and_a_call_of_tests_bear_the_same_token() {
    // On the wire nobody tells which header is secret.
    let open = get("/things").header("authorization", "Bearer one");
    let mut weather = Weather::from(Does::Expire);
    assert_eq!(met(&mut weather, &open), "401");
    assert_eq!(met(&mut weather, &bearing("one")), "401");
    for header in ["X-Auth-Token", "X-Octopus-ApiKey", "Authentication-Token"] {
        let mut weather = Weather::from(Does::Expire);
        let call = get("/x").header(header, "k");
        assert_eq!(met(&mut weather, &call), "401", "{header}");
    }
}

#[test]
fn a_signature_that_differs_from_call_to_call_is_told_by_its_key() {
    let signed = |key: &str, signature: &str| {
        get("/").header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={key}/20260102/eu-west-1/cloudformation/aws4_request, Signature={signature}"),
        )
    };
    let mut weather = Weather::from(Does::Expire);
    assert_eq!(met(&mut weather, &signed("AKIAONE", "aa")), "401");
    assert_eq!(met(&mut weather, &signed("AKIAONE", "bb")), "401");
    assert_eq!(met(&mut weather, &signed("AKIATWO", "cc")), "fair");
}

#[test]
fn no_token_is_kept_and_the_weather_goes_on_from_its_text() {
    let mut weather = Weather::from(Does::Expire).and(Does::status(500).after(1).times(1));
    assert_eq!(met(&mut weather, &bearing("s3cr3t-t0ken")), "401");
    assert_eq!(met(&mut weather, &get("/x")), "fair");
    let text = serde_json::to_string(&weather).unwrap();
    assert!(!text.contains("s3cr3t-t0ken"), "{text}");
    let mut again: Weather = serde_json::from_str(&text).unwrap();
    assert_eq!(again, weather);
    assert_eq!(met(&mut again, &bearing("s3cr3t-t0ken")), "401");
    assert_eq!(met(&mut again, &get("/x")), "500");
    assert_eq!(met(&mut again, &get("/x")), "fair");
    assert!(!again.is_fair(), "a token has ended");
}

#[test]
fn only_so_many_ended_tokens_are_remembered() {
    let mut weather = Weather::from(Does::Expire.rule().times(1000));
    for number in 0..200 {
        assert_eq!(met(&mut weather, &bearing(&number.to_string())), "401");
    }
    assert_eq!(weather.ended.len(), REMEMBERED);
}

#[test]
fn weather_is_written_by_hand_as_data() {
    let weather: Weather = serde_json::from_str(
        r#"{"rules":[
            {"when":{"method":"POST","path":"/stacks","times":1,"after":2},"does":{"throttle":{"retry_after_seconds":3}}},
            {"does":"cut"},
            {"does":{"status":{"code":418,"body":"{\"é\":1}","content_type":"application/json"}}}
        ]}"#,
    )
    .unwrap();
    assert_eq!(
        weather.rules[0],
        Does::throttle(3)
            .of(Method::Post)
            .at("/stacks")
            .times(1)
            .after(2)
    );
    assert_eq!(weather.rules[1], Does::Cut.rule());
    for wrong in [
        r#"{"rules":[{"does":"rain"}]}"#,
        r#"{"rules":[{"does":"cut","when":{"metod":"GET"}}]}"#,
        r#"{"rules":[{"does":"cut","when":{"method":"get"}}]}"#,
        r#"{"rule":[]}"#,
    ] {
        assert!(serde_json::from_str::<Weather>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_reply_of_the_weather_has_what_its_kind_needs() {
    let answer = |rule: Rule| match Weather::from(rule).meet(&bearing("t")) {
        Some(Effect::Answer(reply)) => reply,
        other => panic!("{other:?}"),
    };
    let throttled = answer(Does::throttle(7));
    assert_eq!(throttled.header("retry-after"), Some("7"));
    let page = answer(Does::html(502));
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(page.text().contains("<h1>502 Bad Gateway</h1>"));
    let away = answer(Does::redirect("https://elsewhere.example/"));
    assert_eq!(
        (away.status, away.header("location")),
        (302, Some("https://elsewhere.example/"))
    );
    let ended = answer(Does::Expire.rule());
    assert!(ended.header("www-authenticate").is_some());
    assert!(serde_json::from_slice::<serde_json::Value>(&ended.body).is_ok());
}

#[test]
fn rules_are_read_from_short_text_and_written_as_it() {
    for (text, rule, written) in [
        ("throttle:3", Does::throttle(3), "throttle:3"),
        (
            "throttle:POST",
            Does::Throttle {
                retry_after_seconds: None,
            }
            .rule()
            .of(Method::Post),
            "throttle:POST",
        ),
        (
            "throttle:3:POST@/stacks+2x5",
            Does::throttle(3)
                .of(Method::Post)
                .at("/stacks")
                .after(2)
                .times(5),
            "throttle:3:POST @/stacks +2 x5",
        ),
        ("cut:POST", Does::Cut.rule().of(Method::Post), "cut:POST"),
        ("cutx2", Does::Cut.rule().times(2), "cut x2"),
        ("expire+3", Does::Expire.rule().after(3), "expire +3"),
        ("html:502x1", Does::html(502).times(1), "html:502 x1"),
        (
            "  slow:2000   @/größe  x3 ",
            Does::slow(2000).at("/größe").times(3),
            "slow:2000 @/größe x3",
        ),
        (
            "redirect:https://a.example:8443/x2",
            Does::redirect("https://a.example:8443/x2"),
            "redirect:https://a.example:8443/x2",
        ),
        (
            "redirect:https://me@a.example/b@/stacks :GET x2",
            Does::redirect("https://me@a.example/b")
                .at("/stacks")
                .of(Method::Get)
                .times(2),
            "redirect:https://me@a.example/b :GET @/stacks x2",
        ),
        (
            "refuse @/v2x3",
            Does::Refuse.rule().at("/v2").times(3),
            "refuse @/v2 x3",
        ),
        ("status:418", Does::status(418), "status:418"),
    ] {
        let read: Rule = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read, rule, "{text}");
        assert_eq!(read.to_string(), written);
        assert_eq!(written.parse::<Rule>().unwrap(), rule, "{written}");
    }
}

#[test]
fn what_is_no_rule_says_where_and_why() {
    for (text, column, words) in [
        ("", 1, "missing"),
        ("rain", 1, "`rain` is no weather"),
        ("Cut", 1, "`Cut`"),
        ("throttle:soon", 10, "whole number"),
        ("throttle:-3", 10, "whole number"),
        ("html", 5, "after `:`"),
        ("html:99", 6, "between 200 and 599"),
        ("html:70000", 6, "between 200 and 599"),
        ("slow:", 6, "whole number"),
        ("cut:PSOT", 5, "GET, HEAD, POST"),
        ("cut:post", 5, "`post`"),
        ("cut x0", 6, "meets no call"),
        ("cut x", 6, "missing"),
        ("cut x99999999999", 6, "too large"),
        ("cut +", 6, "missing"),
        ("cut @", 6, "missing"),
        ("cut x1 x2", 8, "twice"),
        ("cut äöü", 5, "`ä` begins none"),
        ("redirect:elsewhere", 10, "https://host/path"),
        ("redirect:https:///x", 10, "https://host/path"),
        ("redirect:https://ä.example/", 18, "ASCII"),
    ] {
        let wrong = text.parse::<Rule>().unwrap_err();
        assert_eq!(wrong.column, column, "{text}: {wrong}");
        assert!(wrong.what.contains(words), "{text}: {wrong}");
    }
}

#[test]
fn every_weather_of_the_list_can_be_written_so() {
    for (written, _) in POSSIBLE {
        let text = written
            .replace("SECONDS", "3")
            .replace("MILLI3", "3")
            .replace("STATUS", "502")
            .replace("URL", "https://elsewhere.example/")
            .replace("CODE", "500")
            .replace("EXIT", "1");
        assert!(text.parse::<Rule>().is_ok(), "{text}");
    }
}
