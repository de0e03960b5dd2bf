//! The server itself: files of one folder, GET and HEAD, 127.0.0.1 alone.
//!
//! Invariants: nothing outside the folder is read, not by `..`, not by a link; only names of this
//! computer are answered, so that no foreign page can read along through a name that points here.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use podium_diagnostics::reason;
use serde_json::json;

/// The file in the server's own folder that makes it stop.
pub const STOP: &str = "stop";
/// The file in the server's own folder that tells its port and its name.
pub const STATE: &str = "site.json";
/// Where the server tells its name.
pub const NAME_PATH: &str = "/.well-known/podium-site";

/// Connections at a time; more are turned away.
const CONNECTIONS: usize = 64;
/// How often it looks for its stop file.
const LOOK: Duration = Duration::from_millis(50);
/// Longest head of a request.
const HEAD_LIMIT: u64 = 32 * 1024;

struct Place {
    root: PathBuf,
    name: String,
    port: u16,
}

/// Serves `DIRECTORY PORT HOME NAME` until `HOME/stop` exists or `HOME` is gone. Says one line:
/// `{"port":N}`, or `{"error":"…"}` when it cannot begin. Gives the exit code.
pub fn serve(args: &[String], say: &mut dyn FnMut(&str)) -> i32 {
    let [directory, port, home, name] = args else {
        say(&json!({ "error": "It takes DIRECTORY PORT HOME NAME." }).to_string());
        return 2;
    };
    let home = Path::new(home);
    let begun = begin(directory, port, home, name);
    let (listener, place) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            say(&json!({ "error": error }).to_string());
            return 1;
        }
    };
    say(&json!({ "port": place.port }).to_string());
    let place = Arc::new(place);
    let open = Arc::new(AtomicUsize::new(0));
    while home.is_dir() && !home.join(STOP).exists() {
        match listener.accept() {
            Ok((stream, _)) => take(stream, &place, &open),
            Err(_) => thread::sleep(LOOK),
        }
    }
    let _ = std::fs::remove_file(home.join(STATE));
    0
}

fn begin(
    directory: &str,
    port: &str,
    home: &Path,
    name: &str,
) -> Result<(TcpListener, Place), String> {
    let root = Path::new(directory).canonicalize().map_err(|error| {
        format!(
            "The folder {directory} cannot be opened: {}.",
            reason(&error)
        )
    })?;
    let port: u16 = port.parse().map_err(|_| format!("{port} is no port."))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| format!("Port {port} cannot be taken: {}.", reason(&error)))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| format!("The port cannot be watched: {}.", reason(&error)))?;
    let port = listener
        .local_addr()
        .map_err(|error| format!("The port is not known: {}.", reason(&error)))?
        .port();
    let state = json!({ "port": port, "name": name }).to_string();
    let beside = home.join(format!("{STATE}.new"));
    std::fs::write(&beside, state)
        .and_then(|()| std::fs::rename(&beside, home.join(STATE)))
        .map_err(|error| format!("{} cannot be written: {}.", home.display(), reason(&error)))?;
    let place = Place {
        root,
        name: name.to_owned(),
        port,
    };
    Ok((listener, place))
}

fn take(stream: TcpStream, place: &Arc<Place>, open: &Arc<AtomicUsize>) {
    if open.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS {
        open.fetch_sub(1, Ordering::SeqCst);
        return;
    }
    let (place, counter) = (place.clone(), open.clone());
    let started = thread::Builder::new().spawn(move || {
        // A visitor who goes away is no matter of the site.
        let _ = answer(stream, &place);
        counter.fetch_sub(1, Ordering::SeqCst);
    });
    if started.is_err() {
        open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn answer(stream: TcpStream, place: &Place) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.try_clone()?.take(HEAD_LIMIT));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut host = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_ascii_lowercase());
        }
    }
    let mut words = first.split_whitespace();
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let body = method == "GET";
    let host = host.unwrap_or_default();
    let own = ["127.0.0.1", "localhost"]
        .iter()
        .any(|name| host == *name || host == format!("{name}:{}", place.port));
    if !own {
        return page(
            stream,
            "421 Misdirected Request",
            "This name is not served here.",
            body,
        );
    }
    if !matches!(method, "GET" | "HEAD") {
        return page(stream, "405 Method Not Allowed", "Only GET and HEAD.", body);
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if path == NAME_PATH {
        return send(
            stream,
            "200 OK",
            "text/plain; charset=utf-8",
            "",
            place.name.as_bytes(),
            body,
        );
    }
    match find(&place.root, path) {
        Found::File(file, kind) => send_file(stream, &file, kind, body),
        Found::Folder => {
            let to = format!("location: {path}/\r\n");
            send(
                stream,
                "301 Moved Permanently",
                "text/plain",
                &to,
                b"",
                body,
            )
        }
        Found::Nothing => page(stream, "404 Not Found", "There is no such page.", body),
    }
}

enum Found {
    File(PathBuf, &'static str),
    /// A folder asked for without its slash.
    Folder,
    Nothing,
}

fn find(root: &Path, path: &str) -> Found {
    let Ok(decoded) = percent_decode_str(path).decode_utf8() else {
        return Found::Nothing;
    };
    let relative = decoded.trim_start_matches('/');
    if relative.contains(['\0', '\\']) || relative.split('/').any(|part| part == "..") {
        return Found::Nothing;
    }
    // One slash at most: `//host/` in a redirect would lead elsewhere.
    if path.starts_with("//") {
        return Found::Nothing;
    }
    let mut file = root.join(relative);
    if file.is_dir() {
        if !decoded.ends_with('/') {
            return Found::Folder;
        }
        file.push("index.html");
    }
    match file.canonicalize() {
        Ok(real) if real.starts_with(root) && real.is_file() => {
            let kind = kind_of(&file);
            Found::File(real, kind)
        }
        _ => Found::Nothing,
    }
}

fn kind_of(file: &Path) -> &'static str {
    let ending = file
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref().unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "txt" | "log" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

fn head(status: &str, kind: &str, more: &str, length: u64) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\n{more}connection: close\r\n\r\n"
    )
}

fn send(
    mut stream: TcpStream,
    status: &str,
    kind: &str,
    more: &str,
    bytes: &[u8],
    body: bool,
) -> std::io::Result<()> {
    stream.write_all(head(status, kind, more, bytes.len() as u64).as_bytes())?;
    if body {
        stream.write_all(bytes)?;
    }
    stream.flush()
}

fn send_file(mut stream: TcpStream, file: &Path, kind: &str, body: bool) -> std::io::Result<()> {
    let file = File::open(file)?;
    let length = file.metadata()?.len();
    stream.write_all(head("200 OK", kind, "", length).as_bytes())?;
    if body {
        std::io::copy(&mut file.take(length), &mut stream)?;
    }
    stream.flush()
}

fn page(stream: TcpStream, status: &str, words: &str, body: bool) -> std::io::Result<()> {
    let html = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>{status}</title><h1>{status}</h1><p>{words}</p>"
    );
    send(
        stream,
        status,
        "text/html; charset=utf-8",
        "",
        html.as_bytes(),
        body,
    )
}
