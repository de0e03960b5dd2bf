//! The vendor's own client against the practice cloud.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use podium_connector::{Connector, HttpRequest, Method, Simulator};
use podium_connector_cloudformation::CloudFormation;
use podium_testkit::{peers, skipped};

fn answer(stream: &mut TcpStream, simulator: &mut dyn Simulator) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split(' ');
    let asked = words.next().unwrap_or_default();
    let method = Method::ALL.into_iter().find(|one| one.as_str() == asked);
    let path = words.next().unwrap_or("/");
    let method = method.unwrap_or(Method::Post);
    let mut request = HttpRequest::write(method, format!("http://127.0.0.1{path}"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            // The vendor's client waits for this word before it sends a long body.
            "expect" => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
        request = request.header(name.to_ascii_lowercase(), value.trim());
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let reply = simulator.http(i64::try_from(now).unwrap(), &request);
    write!(
        stream,
        "HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n",
        reply.status,
        reply.body.len()
    )?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&reply.body)
}

#[test]
fn real_boto3_drives_the_practice_cloud() {
    let Some(folder) = peers(&["python"]) else {
        skipped("there is no Python with boto3 in the folder that PODIUM_PEERS names");
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut simulator = CloudFormation::new().simulator(None);
        for mut stream in listener.incoming().flatten() {
            let _ = answer(&mut stream, simulator.as_mut());
        }
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drive.py");
    let output = Command::new(folder.join("bin/python"))
        .arg(script)
        .arg(address)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "good",
        "{errors}"
    );
}
