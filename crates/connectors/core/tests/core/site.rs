//! `site/serve`, with the real server as a process of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use podium_connector::{Action, Connector, Context, Phase, StepRequest, UndoClass};
use podium_connector_core::Site;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

fn context() -> FakeContext {
    let program = Path::new(env!("CARGO_BIN_EXE_podium-site"));
    let cx = FakeContext::real().with_tools_in(program.parent().unwrap());
    let pages = cx.sandbox().join("pages");
    std::fs::create_dir_all(pages.join("sub")).unwrap();
    std::fs::write(pages.join("index.html"), "<h1>Grüezi</h1>").unwrap();
    std::fs::write(pages.join("über uns.txt"), "wir").unwrap();
    std::fs::write(pages.join("sub/index.html"), "sub").unwrap();
    std::fs::write(cx.sandbox().join("private.txt"), "private").unwrap();
    cx
}

fn serve(inputs: Value) -> StepRequest {
    RequestBuilder::new("site/serve", inputs)
        .with_defaults_of(Site::new().manifest())
        .build()
}

fn raw(port: u64, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn get(port: u64, path: &str) -> String {
    raw(
        port,
        &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
    )
}

#[tokio::test]
async fn a_site_stays_up_until_it_is_undone() {
    let (site, cx) = (Site::new(), context());
    let request = serve(json!({ "directory": "pages" }));
    let walked = walk(&site, &cx, &request).await.unwrap();
    assert_eq!(walked.preview.changes[0].action, Action::Create);
    assert_eq!(walked.record.undo.class, UndoClass::Delete);
    let port = walked.outcome.outputs["port"].as_u64().unwrap();
    assert_eq!(
        walked.outcome.outputs["url"],
        format!("http://127.0.0.1:{port}/")
    );
    assert!(get(port, "/").contains("<h1>Grüezi</h1>"));

    // A crash right after: the same server is found, and no second one is started.
    let mut resumed = request.clone();
    resumed.resumed = true;
    let again = site.run(&cx, &resumed).await.unwrap();
    assert_eq!(again.outputs["port"], port);
    assert_eq!(cx.records().started, ["serve"]);
    assert!(site.drift(&cx, &request).await.unwrap().items.is_empty());

    cx.set_phase(Phase::Read);
    let preview = site
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(preview.changes[0].action, Action::Delete);
    cx.set_phase(Phase::Write);
    site.undo(&cx, &request, &walked.record).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).is_err());
    site.undo(&cx, &request, &walked.record).await.unwrap();
    let preview = site
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert!(preview.changes.is_empty());
}

#[tokio::test]
async fn the_server_gives_the_folder_and_nothing_else() {
    let (site, cx) = (Site::new(), context());
    #[cfg(unix)]
    std::os::unix::fs::symlink("../private.txt", cx.sandbox().join("pages/link.txt")).unwrap();
    let request = serve(json!({ "directory": "pages" }));
    let walked = walk(&site, &cx, &request).await.unwrap();
    let port = walked.outcome.outputs["port"].as_u64().unwrap();
    for (path, status, holds) in [
        ("/index.html?x=1", "200", "Grüezi"),
        ("/%C3%BCber%20uns.txt", "200", "wir"),
        ("/sub/", "200", "sub"),
        ("/sub", "301", "location: /sub/"),
        ("/nothing", "404", "no such page"),
        ("/../private.txt", "404", ""),
        ("/%2e%2e/private.txt", "404", ""),
        ("/..%5cprivate.txt", "404", ""),
        ("/link.txt", "404", ""),
        ("//evil.example/", "404", ""),
        ("/%ff", "404", ""),
    ] {
        let reply = get(port, path);
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status}")),
            "{path}: {reply}"
        );
        assert!(reply.contains(holds), "{path}: {reply}");
        assert!(!reply.contains("private"), "{path}: {reply}");
    }
    let refused = raw(
        port,
        &format!("POST / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
    );
    assert!(refused.starts_with("HTTP/1.1 405"), "{refused}");
    let head = raw(
        port,
        &format!("HEAD / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
    );
    assert!(
        head.contains("content-length: 16") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let foreign = raw(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert!(foreign.starts_with("HTTP/1.1 421"), "{foreign}");
    assert!(raw(port, "\r\n\r\n").starts_with("HTTP/1.1 421"));
    site.undo(&cx, &request, &walked.record).await.unwrap();
}

#[tokio::test]
async fn a_foreign_server_on_our_old_port_is_left_alone() {
    let (site, cx) = (Site::new(), context());
    // As after a restart of the computer: our files are there, and another program has the port.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let home = cx.keep().join("site");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(
        home.join("site.json"),
        json!({ "port": port, "name": "ours" }).to_string(),
    )
    .unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ntheirs");
    });
    let request = serve(json!({ "directory": "pages" }));
    let record = podium_connector::UndoRecord {
        undo: podium_connector::Undo {
            class: UndoClass::Delete,
            because: None,
        },
        record: Value::Null,
    };
    site.undo(&cx, &request, &record).await.unwrap();
    answering.join().unwrap();
}

#[tokio::test]
async fn a_port_in_use_and_a_missing_folder_are_told() {
    let (site, cx) = (Site::new(), context());
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let busy = serve(json!({ "directory": "pages", "port": port }));
    let error = site.run(&cx, &busy).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0322");
    assert!(
        error
            .message
            .contains(&format!("Port {port} cannot be taken")),
        "{}",
        error.message
    );
    let missing = serve(json!({ "directory": "nowhere" }));
    let preview = site.preview(&cx, &missing).await.unwrap();
    assert!(
        preview
            .notes
            .iter()
            .any(|note| note.contains("not there yet"))
    );
    assert!(site.run(&cx, &missing).await.is_err());
    assert!(site.validate(&serve(json!({ "directory": "../x" })))[0].fatal);
}
