//! Each spelling, as written by the real thing or by hand.

use super::*;

fn has(secret: &str, form: &str) {
    assert!(
        forms(&Secret::from(secret)).contains(&form.as_bytes().to_vec()),
        "{form} is no form of {secret}"
    );
}

#[test]
fn each_spelling_is_found() {
    has("plain-secret", "plain-secret");
    has("with newline\n", "with newline");
    // base64: alone (the last character depends on what follows), and behind one or two bytes.
    has("correct horse", "Y29ycmVjdCBob3JzZ");
    has("correct horse", "NvcnJlY3QgaG9yc2");
    has("correct horse", "jb3JyZWN0IGhvcnNl");
    has("??>>~~~~????", "Pz8+Pn5+fn4/Pz8/");
    has("??>>~~~~????", "Pz8-Pn5-fn4_Pz8_");
    has("??>>~~~~????", "Pz8%2BPn5%2Bfn4%2FPz8%2F");
    has("??>>~~~~????", "Pz8+Pn5+fn4\\/Pz8\\/");
    has("a b/c+d&e=fé", "a%20b%2Fc%2Bd%26e%3Df%C3%A9");
    has("a b/c+d&e=fé", "a%20b%2fc%2bd%26e%3df%c3%a9");
    has("a b/c+d&e=fé", "a+b%2Fc%2Bd%26e%3Df%C3%A9");
    has("pass-w.rd~1!", "pass%2Dw%2Erd%7E1%21");
    has("a\"b\\c/d\ne\u{1}f<é", "a\\\"b\\\\c/d\\ne\\u0001f<é");
    has("a\"b\\c/d\ne\u{1}f<é", "a\\\"b\\\\c\\/d\\ne\\u0001f<é");
    has("a\"b\\c/d\ne\u{1}f<é", "a\\\"b\\\\c/d\\ne\\u0001f\\u003cé");
    has("a\"b\\c/d\ne\u{1}f<é", "a\\\"b\\\\c/d\\ne\\u0001f<\\u00e9");
    has("a\"b\\c/d\ne\u{1}f<é", "a\\\"b\\\\c/d\\ne\\u0001f<\\u00E9");
    has("quote\"quote", "quote\\\\\\\"quote");
    has("it's a secret", "it'\\''s a secret");
    has("it's a secret", "it'\"'\"'s a secret");
    has("it's a secret", "it\\'s\\ a\\ secret");
    has("cost $5 `x` \"y\"", "cost \\$5 \\`x\\` \\\"y\\\"");
    has("Secret12", "5365637265743132");
    has("Secret~~", "5365637265747E7E");
    has("Secret12", "53:65:63:72:65:74:31:32");
    has("foobarfoobar", "MZXW6YTBOJTG633CMFZ");
    has("foobarfoobar", "mzxw6ytbojtg633cmfz");
    has("a<b>&\"c'defg", "a&lt;b&gt;&amp;&quot;c&#39;defg");
    has("Secret12", "S\0e\0c\0r\0e\0t\x001\x002\0");
    // PowerShell's encoded command.
    has("Secret12", "UwBlAGMAcgBlAHQAMQAyA");
}

#[test]
fn lines_of_a_key_are_secret_and_its_first_line_is_not() {
    let pem = "-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADAN\r\nshort\r\nBgkqhkiG9w0B\r\n-----END PRIVATE KEY-----\r\n";
    has(pem, "MIIEvQIBADAN");
    has(pem, "BgkqhkiG9w0B");
    let forms = forms(&Secret::from(pem));
    for innocent in ["-----BEGIN PRIVATE KEY-----", "short"] {
        assert!(!forms.contains(&innocent.as_bytes().to_vec()));
    }
}

#[test]
fn strings_of_a_json_value_are_secret_and_its_lines_are_not() {
    let json = "{\n  \"key\": {\"deep\": [\"leaf-value-1\", 5]},\n  \"pem\": \"first-line\\nsecond-line\"\n}";
    for leaf in [
        "leaf-value-1",
        "first-line",
        "second-line",
        "bGVhZi12YWx1ZS0x",
    ] {
        has(json, leaf);
    }
    let line = b"\"key\": {\"deep\": [\"leaf-value-1\", 5]},".to_vec();
    assert!(!forms(&Secret::from(json)).contains(&line));
}

#[test]
fn wrapped_prints_are_found_line_by_line() {
    let long = (0..20)
        .map(|n| format!("value{n:02}"))
        .collect::<Vec<_>>()
        .join("-");
    let whole = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&long)
    };
    for width in [64, 76] {
        for line in whole.as_bytes().chunks(width).take(2) {
            has(&long, std::str::from_utf8(line).unwrap());
        }
    }
}

#[test]
fn short_secrets_have_no_forms_and_large_ones_have_few() {
    assert!(forms(&Secret::from("1234567")).is_empty());
    let large: String = (0..20_000)
        .map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap()))
        .collect();
    let bytes: usize = forms(&Secret::from(large.as_str()))
        .iter()
        .map(Vec::len)
        .sum();
    assert!(bytes < 100 * large.len(), "{bytes}");
}

#[test]
fn no_form_is_there_twice() {
    let forms = forms(&Secret::from("alphanumeric1"));
    let unique: std::collections::HashSet<_> = forms.iter().collect();
    assert_eq!(unique.len(), forms.len());
}
