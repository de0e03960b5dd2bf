//! The words of the operating system, without its numbers.

/// What the system says about it, without its number: `No space left on device`.
pub fn reason(error: &std::io::Error) -> String {
    without_number(&error.to_string())
}

/// A text that ends in what the system said, without the number of the error.
pub fn without_number(text: &str) -> String {
    match text.rsplit_once(" (os error ") {
        Some((words, rest)) => {
            let after = rest.split_once(')').map_or("", |(_, after)| after);
            format!("{words}{after}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_system_error_is_left_out_and_the_words_stay() {
        let error = std::io::Error::from_raw_os_error(2);
        assert!(error.to_string().contains("os error 2"), "{error}");
        assert!(!reason(&error).contains("os error"), "{}", reason(&error));
        assert!(!reason(&error).is_empty());
        let own = std::io::Error::other("the file is no list");
        assert_eq!(reason(&own), "the file is no list");
    }

    #[test]
    fn what_stands_after_the_number_stays() {
        let text = "`a/b` cannot be started: Exec format error (os error 8), says the system";
        assert_eq!(
            without_number(text),
            "`a/b` cannot be started: Exec format error, says the system"
        );
        assert_eq!(without_number("(os error"), "(os error");
    }
}
