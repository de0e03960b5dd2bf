//! The spellings in which a tool may print a secret.

mod escapes;
mod radix;

use std::collections::HashSet;

use crate::Secret;

/// Parts and spellings shorter than this are not looked for; see [`crate::Redactor`].
pub const SHORTEST: usize = 8;
/// A value longer than this keeps to the spellings that tools really use for whole files, so that a
/// kubeconfig does not make megabytes of patterns.
const LARGE: usize = 4096;

/// All spellings of a secret that a scanner or a redactor should look for, each once, the plain one
/// first. Empty where the secret has fewer than eight bytes.
///
/// A value of several lines also stands in its lines, and a JSON value in its strings, because tools
/// print these alone. Base64 and base32 come in all alignments, without the characters at the edges that
/// depend on the neighbours, and in the pieces that a wrapped print shows on one line.
pub fn forms(secret: &Secret) -> Vec<Vec<u8>> {
    let mut found = Forms::default();
    for part in parts(secret.expose()) {
        for spelling in spellings(&part) {
            found.add(spelling);
        }
    }
    found.list
}

#[derive(Default)]
struct Forms {
    list: Vec<Vec<u8>>,
    seen: HashSet<Vec<u8>>,
}

impl Forms {
    fn add(&mut self, form: Vec<u8>) {
        if form.len() >= SHORTEST && self.seen.insert(form.clone()) {
            self.list.push(form);
        }
    }
}

/// The value, and the pieces of it that are secret by themselves.
fn parts(value: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![value.to_vec()];
    let trimmed = value.trim_ascii();
    if trimmed.len() < value.len() {
        parts.push(trimmed.to_vec());
    }
    match serde_json::from_slice(value) {
        Ok(json @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
            strings(&json, &mut parts);
        }
        _ => lines(value, &mut parts),
    }
    parts.retain(|part| part.len() >= SHORTEST);
    parts
}

fn lines(value: &[u8], parts: &mut Vec<Vec<u8>>) {
    if value.contains(&b'\n') {
        let lines = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        // The first and last line of a key are the same in every key.
        parts.extend(
            lines
                .filter(|line| !line.starts_with(b"-----"))
                .map(<[u8]>::to_vec),
        );
    }
}

fn strings(value: &serde_json::Value, parts: &mut Vec<Vec<u8>>) {
    match value {
        serde_json::Value::String(text) => {
            parts.push(text.as_bytes().to_vec());
            lines(text.as_bytes(), parts);
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, parts)),
        serde_json::Value::Object(fields) => {
            fields.values().for_each(|field| strings(field, parts));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn spellings(part: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![part.to_vec()];
    escapes::json(part, &mut all);
    radix::base64(part, &mut all);
    radix::hex(part, &mut all);
    if part.len() > LARGE {
        return all;
    }
    escapes::percent(part, &mut all);
    escapes::shell(part, &mut all);
    escapes::markup(part, &mut all);
    radix::base32(part, &mut all);
    if let Ok(text) = std::str::from_utf8(part) {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // What PowerShell takes as an encoded command.
        radix::base64(&wide, &mut all);
        all.push(wide);
    }
    all
}

#[cfg(test)]
mod tests;
