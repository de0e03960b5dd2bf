use super::*;

fn redactor(secrets: &[(&str, &str)]) -> Redactor {
    Redactor::new(
        secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::from(*value))),
    )
}

#[test]
fn the_longer_of_two_secrets_that_begin_alike_is_hidden_whole() {
    let r = redactor(&[("short", "abcdefgh"), ("long", "abcdefghijkl")]);
    assert_eq!(
        r.redact("xxabcdefghijklyy abcdefghzz"),
        "xx[hidden: long]yy [hidden: short]zz"
    );
}
