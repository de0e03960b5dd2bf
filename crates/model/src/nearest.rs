//! The right name nearest to a wrong one, for hints.

/// The candidate that was probably meant: the same but for case, `-` and `_`, or few slips of the finger
/// away (two letters swapped, one missing, one too many, one wrong), at most one in three letters. Else
/// the first that it begins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let limit = (folded.len() / 3).clamp(1, 4);
    if folded.is_empty() || folded.len() > 128 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    let mut longer: Option<&str> = None;
    for candidate in candidates {
        let other = fold(candidate);
        if folded.len() >= 3 && longer.is_none() && other.starts_with(&folded) {
            longer = Some(candidate);
        }
        if other.len().abs_diff(folded.len()) > limit {
            continue;
        }
        let far = if other == folded {
            0
        } else {
            distance(&folded, &other)
        };
        if far <= limit && best.is_none_or(|(least, _)| far < least) && far < other.len() {
            best = Some((far, candidate));
            if far == 0 {
                break;
            }
        }
    }
    best.map(|(_, candidate)| candidate).or(longer)
}

fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Optimal string alignment: edits and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut fewest = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        let names = [
            "needs",
            "timeout",
            "on_error",
            "max_parallel",
            "if",
            "terraform/apply",
        ];
        for (word, expected) in [
            ("nedes", Some("needs")),
            ("need", Some("needs")),
            ("timout", Some("timeout")),
            ("onError", Some("on_error")),
            ("max-parallel", Some("max_parallel")),
            ("teraform/aply", Some("terraform/apply")),
            ("fi", Some("if")),
            ("IF", Some("if")),
            ("colour", None),
            ("time", Some("timeout")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
    }
}
