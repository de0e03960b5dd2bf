//! An uploaded blueprint: the form, the archive, the files.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use podium_connector::HttpRequest;
use serde_json::{Value, json};

use super::Refused;

/// Longest archive when unpacked.
const LONGEST: u64 = 100_000_000;

/// What was sent.
pub(super) struct Upload {
    pub(super) params: Value,
    /// The files below the archive's one folder.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

fn bad(message: impl Into<String>) -> Refused {
    (400, "bad_parameters_error", message.into())
}

/// Reads the form of an upload.
pub(super) fn read(request: &HttpRequest) -> Result<Upload, Refused> {
    let kind = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.as_str())
        .unwrap_or_default();
    let boundary = kind
        .strip_prefix("multipart/form-data")
        .and_then(|rest| rest.split_once("boundary="))
        .map(|(_, boundary)| boundary.trim_matches('"'))
        .ok_or((
            415,
            "unsupported_content_type_error",
            "Content type must be multipart/form-data".to_owned(),
        ))?;
    let mut params = json!({});
    let mut archive = None;
    for (name, content) in parts(&request.body, boundary) {
        match name.as_str() {
            "params" => {
                params = serde_json::from_slice(content)
                    .map_err(|error| bad(format!("Bad `params`: {error}")))?;
            }
            "blueprint_archive" => archive = Some(content),
            _ => {}
        }
    }
    let archive = archive.ok_or_else(|| bad("Missing application archive in request body or \"blueprint_archive_url\" in query parameters"))?;
    Ok(Upload {
        params,
        files: unpack(archive)?,
    })
}

/// The parts of a form: name and content.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<(String, &'a [u8])> {
    let mark = format!("--{boundary}");
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = position(&body[at..], mark.as_bytes()) {
        let start = at + next + mark.len();
        if body[start..].starts_with(b"--") {
            break;
        }
        let end = position(&body[start..], format!("\r\n{mark}").as_bytes())
            .map_or(body.len(), |end| start + end);
        let part = &body[start..end];
        if let Some(gap) = position(part, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&part[..gap]).into_owned();
            let name = head
                .split_once("name=\"")
                .and_then(|(_, rest)| rest.split_once('"'))
                .map(|(name, _)| name.to_owned())
                .unwrap_or_default();
            found.push((name, &part[gap + 4..]));
        }
        at = end;
    }
    found
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Refused> {
    let plain = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        GzDecoder::new(bytes)
            .take(LONGEST)
            .read_to_end(&mut plain)
            .map_err(|error| bad(format!("Blueprint archive is not readable: {error}")))?;
        plain
    } else {
        bytes.to_vec()
    };
    let broken = |error: std::io::Error| {
        bad(format!(
            "Blueprint archive is of an unrecognized format. Supported formats are: ['zip', 'tar', 'tar.gz', 'tar.bz2'] ({error})"
        ))
    };
    let mut files = BTreeMap::new();
    let mut tops = std::collections::BTreeSet::new();
    let mut archive = tar::Archive::new(plain.as_slice());
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        let (top, rest) = path.split_once('/').unwrap_or((path.as_str(), ""));
        tops.insert(top.to_owned());
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let rest = rest.to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(broken)?;
        files.insert(rest, content);
    }
    if tops.len() != 1 {
        return Err(bad("Archive must contain exactly 1 directory"));
    }
    Ok(files)
}
