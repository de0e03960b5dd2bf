//! What the child wrote.

use serde::{Deserialize, Serialize};

/// One line of `output.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1 is the standard output, 2 the standard error.
    #[serde(rename = "s")]
    pub stream: u8,
    /// The text without its end. Secrets are replaced.
    #[serde(rename = "l")]
    pub text: String,
}

/// Reads the whole lines at the beginning of `bytes`; also says how many bytes they were. A line torn by
/// a crash or a full disk is left out.
pub fn lines(bytes: &[u8]) -> (Vec<Line>, usize) {
    let used = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let lines = bytes[..used]
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    (lines, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_read_and_torn_ones_are_left_out() {
        let text = b"{\"s\":1,\"l\":\"a\"}\n{\"s\":2,\"l\":\"to\n{\"s\":2,\"l\":\"b\"}\n{\"s\":1,\"l\":\"not ye";
        let (lines, used) = lines(text);
        let texts: Vec<_> = lines
            .iter()
            .map(|line| (line.stream, line.text.as_str()))
            .collect();
        assert_eq!(texts, [(1, "a"), (2, "b")]);
        assert_eq!(&text[used..], b"{\"s\":1,\"l\":\"not ye");
    }
}
