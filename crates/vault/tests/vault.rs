//! The vault as others see it, with a keychain in memory.
#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use podium_diagnostics::Error;
use podium_model::CredentialName;
use podium_secret::Secret;
use podium_vault::{
    Because, Credential, KeychainTrouble, MemoryKeychain, Protection, Purpose, Store, TestResult,
    Vault, VaultState,
};

const CANARY: &str = "canary-secret-value-1";

struct Bed {
    folder: tempfile::TempDir,
    keychain: Arc<MemoryKeychain>,
}

impl Bed {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keychain: Arc::default(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("vault").join("vault.json")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path().with_file_name(name)
    }

    /// A Podium started anew.
    fn vault(&self) -> Vault {
        Vault::open(&self.path(), self.keychain.clone())
    }

    /// A vault with two credentials.
    fn filled() -> (Self, Vault) {
        let bed = Self::new();
        let vault = bed.vault();
        vault.create(&Protection::Keychain).unwrap();
        put(&vault, "acme-dev", CANARY);
        put(&vault, "acme-test", "another-secret-value");
        (bed, vault)
    }
}

/// A file made once with a passphrase: making and opening one is slow on purpose.
fn with_passphrase() -> (Bed, Vault) {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let bed = Bed::new();
        let vault = bed.vault();
        vault
            .create(&Protection::Passphrase(Secret::from("correct horse")))
            .unwrap();
        put(&vault, "acme-dev", CANARY);
        fs::read_dir(bed.path().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|e| {
                (
                    e.file_name().into_string().unwrap(),
                    fs::read(e.path()).unwrap(),
                )
            })
            .collect()
    });
    let bed = Bed::new();
    fs::create_dir(bed.path().parent().unwrap()).unwrap();
    for (name, bytes) in files {
        fs::write(bed.beside(name), bytes).unwrap();
    }
    let vault = bed.vault();
    (bed, vault)
}

fn name(text: &str) -> CredentialName {
    text.parse().unwrap()
}

fn put(vault: &Vault, credential: &str, secret: &str) {
    let mut made = Credential::new(name(credential), "aws", 1_700_000_000_000);
    made.fields.insert("region".into(), "eu-west-1".into());
    made.note = Some("Ünïcode".into());
    let secrets = BTreeMap::from([("secret_access_key".to_owned(), Secret::from(secret))]);
    vault.put(made, &secrets).unwrap();
}

fn purpose() -> Purpose {
    Purpose {
        run: Some("run_1".into()),
        step: "network".into(),
        port: "aws".into(),
    }
}

fn leased(vault: &Vault, credential: &str) -> Result<String, Error> {
    let lease = vault.lease(&name(credential), &purpose())?;
    Ok(lease.secrets["secret_access_key"]
        .expose_str()
        .unwrap()
        .to_owned())
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.expect_err("it must fail").code.to_string()
}

fn actions(vault: &Vault) -> Vec<String> {
    vault
        .log()
        .unwrap()
        .into_iter()
        .map(|record| record.action)
        .collect()
}

#[test]
fn what_goes_in_comes_out_in_a_lease_and_nowhere_else() {
    let (bed, vault) = Bed::filled();
    let lease = vault.lease(&name("acme-dev"), &purpose()).unwrap();
    assert_eq!(
        (lease.kind.as_str(), lease.fields["region"].as_str()),
        ("aws", "eu-west-1")
    );
    assert_eq!(leased(&vault, "acme-dev").unwrap(), CANARY);
    assert!(!format!("{lease:?} {vault:?}").contains(CANARY));

    let again = bed.vault();
    assert_eq!(code(again.lease(&name("acme-dev"), &purpose())), "POD0502");
    again.unlock(None).unwrap();
    assert_eq!(leased(&again, "acme-dev").unwrap(), CANARY);
    assert_eq!(leased(&again, "acme-test").unwrap(), "another-secret-value");
    for entry in fs::read_dir(bed.path().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for form in podium_secret::forms(&Secret::from(CANARY)) {
            assert!(
                !bytes.windows(form.len()).any(|part| part == form),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn the_states_of_a_vault() {
    let bed = Bed::new();
    let vault = bed.vault();
    assert_eq!(vault.state(), VaultState::Empty);
    assert_eq!(code(vault.unlock(None)), "POD0503");
    assert!(vault.list().unwrap().is_empty());
    vault.create(&Protection::Keychain).unwrap();
    assert_eq!(
        vault.state(),
        VaultState::Unlocked {
            store: Store::Keychain
        }
    );
    vault.lock();
    let by_hand = VaultState::Locked {
        store: Store::Keychain,
        because: Because::ByHand,
    };
    assert_eq!(vault.state(), by_hand);
    assert_eq!(code(vault.create(&Protection::Keychain)), "POD0506");

    let fresh = bed.vault();
    let asked = bed.keychain.asked();
    let not_asked = VaultState::Locked {
        store: Store::Keychain,
        because: Because::NotAsked,
    };
    assert_eq!(fresh.state(), not_asked);
    assert_eq!(
        bed.keychain.asked(),
        asked,
        "a look at the state asks no keychain"
    );
}

#[test]
fn a_locked_vault_can_be_listed() {
    let (bed, vault) = Bed::filled();
    vault
        .note_test(
            &name("acme-dev"),
            TestResult {
                at_ms: 5,
                ok: true,
                words: "deployer".into(),
                proof: Some(serde_json::json!({"user": "deployer"})),
            },
        )
        .unwrap();
    let listed = bed.vault().list().unwrap();
    let names: Vec<_> = listed.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["acme-dev", "acme-test"]);
    assert_eq!(listed[0].secret_fields, ["secret_access_key"]);
    assert_eq!(listed[0].note.as_deref(), Some("Ünïcode"));
    assert_eq!(
        listed[0].tested.as_ref().map(|t| t.words.as_str()),
        Some("deployer")
    );
    assert_eq!(
        listed[0].tested.as_ref().and_then(|t| t.proof.clone()),
        Some(serde_json::json!({"user": "deployer"}))
    );
    assert_eq!(listed[1].tested, None);
}

#[test]
fn a_credential_is_replaced_whole_and_removed() {
    let (_bed, vault) = Bed::filled();
    put(&vault, "acme-dev", "rotated-value");
    assert_eq!(leased(&vault, "acme-dev").unwrap(), "rotated-value");
    assert_eq!(vault.list().unwrap().len(), 2);
    vault.remove(&name("acme-dev")).unwrap();
    assert_eq!(code(leased(&vault, "acme-dev")), "POD0501");
    assert_eq!(code(vault.remove(&name("acme-dev"))), "POD0501");
    assert_eq!(
        code(vault.note_test(
            &name("gone"),
            TestResult {
                at_ms: 0,
                ok: false,
                words: String::new(),
                proof: None,
            }
        )),
        "POD0501"
    );
}

#[test]
fn a_secret_is_renewed_and_the_others_stay() {
    let (bed, vault) = Bed::filled();
    let mut credential = Credential::new(name("both"), "azure", 7);
    credential.fields.insert("tenant".into(), "shop".into());
    let secrets = ["certificate", "refresh_token"].map(|field| {
        (
            field.to_owned(),
            Secret::from(format!("old-{field}").as_str()),
        )
    });
    vault.put(credential, &BTreeMap::from(secrets)).unwrap();
    let new = BTreeMap::from([(
        "refresh_token".to_owned(),
        Secret::from("new-refresh-token"),
    )]);
    vault.renew(&name("both"), &new).unwrap();
    let lease = bed.vault();
    lease.unlock(None).unwrap();
    let lease = lease.lease(&name("both"), &purpose()).unwrap();
    let shown = |field: &str| lease.secrets[field].expose_str().unwrap().to_owned();
    assert_eq!(shown("certificate"), "old-certificate");
    assert_eq!(shown("refresh_token"), "new-refresh-token");
    assert_eq!(lease.fields["tenant"], "shop");
    assert_eq!(leased(&vault, "acme-dev").unwrap(), CANARY);
    assert_eq!(code(vault.renew(&name("nobody"), &new)), "POD0501");
    let taken = BTreeMap::from([("tenant".to_owned(), Secret::from("a-secret-value"))]);
    assert!(vault.renew(&name("both"), &taken).is_err());
    let file = fs::read_to_string(bed.path()).unwrap();
    assert!(!file.contains("new-refresh-token"));
}

#[test]
fn fields_that_make_no_sense_are_refused() {
    let (_bed, vault) = Bed::filled();
    let cases = [("", "k", "v"), ("aws", "k", ""), ("aws", "region", "v")];
    for (kind, field, value) in cases {
        let mut credential = Credential::new(name("x"), kind, 0);
        credential.fields.insert("region".into(), "r".into());
        let secrets = BTreeMap::from([(field.to_owned(), Secret::from(value))]);
        assert_eq!(code(vault.put(credential, &secrets)), "POD0518");
    }
}

#[test]
fn a_secret_that_is_too_short_to_be_hidden_is_refused_and_leaves_the_old_one() {
    let (_bed, vault) = Bed::filled();
    let put = |secret: &str| {
        let secrets = BTreeMap::from([("secret_access_key".to_owned(), Secret::from(secret))]);
        vault.put(Credential::new(name("door"), "aws", 0), &secrets)
    };
    for short in ["zq", "hunter2", "séven7"] {
        let error = put(short).unwrap_err();
        assert_eq!(error.code.as_str(), "POD0527", "{short}");
        assert!(!error.to_string().contains(short), "{error}");
    }
    assert!(!vault.list().unwrap().iter().any(|c| c.name == name("door")));

    // Exactly as long as what the redactor hides.
    put("hunter22").unwrap();
    let hidden = podium_secret::Redactor::new([("door".to_owned(), Secret::from("hunter22"))]);
    assert!(hidden.too_short().is_empty());
    assert_eq!(code(put("hunter2")), "POD0527");
    assert_eq!(leased(&vault, "door").unwrap(), "hunter22");
}

#[test]
fn files_are_closed_to_others() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let (bed, vault) = Bed::filled();
        leased(&vault, "acme-dev").unwrap();
        let folder = bed.path().parent().unwrap().to_owned();
        assert_eq!(
            fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(
                entry.metadata().unwrap().permissions().mode() & 0o777,
                0o600
            );
            names.push(entry.file_name().into_string().unwrap());
        }
        names.sort();
        let expected = [
            "audit.head",
            "audit.jsonl",
            "vault.json",
            "vault.json.1",
            "vault.json.2",
            "vault.json.lock",
        ];
        assert_eq!(names, expected);
    }
}

#[test]
fn the_last_three_files_are_kept() {
    let (bed, vault) = Bed::filled();
    for round in 0..5 {
        put(&vault, &format!("more-{round}"), "some-secret-value");
    }
    for copy in 1..=3 {
        let file = format!("vault.json.{copy}");
        let text = fs::read_to_string(bed.beside(&file)).unwrap();
        assert!(
            text.contains(&format!("\"generation\":{},", 8 - copy)),
            "{file}"
        );
    }
    assert!(!bed.beside("vault.json.4").exists());
}

#[test]
fn two_podiums_on_one_file_see_each_others_changes() {
    let (bed, one) = Bed::filled();
    let two = bed.vault();
    two.unlock(None).unwrap();
    put(&two, "from-two", "secret-from-two");
    put(&one, "from-one", "secret-from-one");
    assert_eq!(leased(&one, "from-two").unwrap(), "secret-from-two");
    assert_eq!(leased(&two, "from-one").unwrap(), "secret-from-one");

    let threads: Vec<_> = (0..4)
        .map(|n| {
            let vault = bed.vault();
            std::thread::spawn(move || {
                vault.unlock(None).unwrap();
                for round in 0..5 {
                    put(&vault, &format!("t{n}-{round}"), "secret-of-thread");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(one.list().unwrap().len(), 24);
    assert!(one.verify_log().unwrap().with_key);
}

#[test]
fn each_trouble_of_a_keychain_has_its_code_and_destroys_nothing() {
    let (bed, _) = Bed::filled();
    let before = fs::read(bed.path()).unwrap();
    let cases = [
        (KeychainTrouble::Absent("no bus".into()), "POD0512"),
        (KeychainTrouble::Locked("dismissed".into()), "POD0513"),
        (KeychainTrouble::Stalled, "POD0514"),
    ];
    for (trouble, expected) in cases {
        bed.keychain.set_trouble(Some(trouble.clone()));
        let vault = bed.vault();
        assert_eq!(code(vault.unlock(None)), expected);
        let VaultState::Locked {
            because: Because::Failed(error),
            ..
        } = vault.state()
        else {
            panic!("it must be locked");
        };
        assert!(error.code.as_str() == expected && error.hint.is_some());

        let other = Bed::new();
        other.keychain.set_trouble(Some(trouble));
        assert_eq!(code(other.vault().create(&Protection::Keychain)), expected);
        assert!(!other.path().exists(), "no vault without a key to it");

        bed.keychain.set_trouble(None);
        vault.unlock(None).unwrap();
        assert_eq!(leased(&vault, "acme-dev").unwrap(), CANARY);
    }
    assert_eq!(fs::read(bed.path()).unwrap(), before);

    bed.keychain.forget();
    assert_eq!(code(bed.vault().unlock(None)), "POD0515");
    assert_eq!(fs::read(bed.path()).unwrap(), before);
}

#[test]
fn changes_go_on_while_the_keychain_is_away() {
    let (bed, vault) = Bed::filled();
    bed.keychain.set_trouble(Some(KeychainTrouble::Stalled));
    put(&vault, "meanwhile", "secret-meanwhile");
    assert_eq!(leased(&vault, "meanwhile").unwrap(), "secret-meanwhile");
    bed.keychain.set_trouble(None);
    bed.vault().unlock(None).unwrap();
}

#[test]
fn a_passphrase_opens_and_another_does_not() {
    let (bed, vault) = with_passphrase();
    assert!(vault.takes_passphrase());
    assert_eq!(code(vault.unlock(None)), "POD0502");
    assert_eq!(
        code(vault.unlock(Some(&Secret::from("wrong horse")))),
        "POD0510"
    );
    assert!(matches!(
        vault.state(),
        VaultState::Locked {
            store: Store::Passphrase,
            because: Because::Failed(_)
        }
    ));
    vault.unlock(Some(&Secret::from("correct horse"))).unwrap();
    assert_eq!(leased(&vault, "acme-dev").unwrap(), CANARY);
    assert_eq!(bed.keychain.asked(), 0);
    let short = Protection::Passphrase(Secret::from("sévén77"));
    assert_eq!(code(Bed::new().vault().create(&short)), "POD0511");
}

#[test]
fn a_second_way_opens_when_the_first_is_lost() {
    let (bed, vault) = Bed::filled();
    assert_eq!(
        code(vault.unlock(Some(&Secret::from("correct horse")))),
        "POD0510"
    );
    vault
        .protect_also(&Protection::Passphrase(Secret::from("correct horse")))
        .unwrap();
    bed.keychain.forget();
    let vault = bed.vault();
    assert_eq!(code(vault.unlock(None)), "POD0515");
    vault.unlock(Some(&Secret::from("correct horse"))).unwrap();
    assert_eq!(leased(&vault, "acme-dev").unwrap(), CANARY);
}

#[test]
fn a_passphrase_slot_that_asks_for_too_much_is_refused_at_once() {
    let (bed, _) = with_passphrase();
    let text = fs::read_to_string(bed.path()).unwrap();
    let cases = [
        ("\"memory_kib\":65536", "\"memory_kib\":4294967295"),
        ("\"passes\":3", "\"passes\":4000000000"),
        ("\"lanes\":1", "\"lanes\":16777215"),
        ("\"memory_kib\":65536", "\"memory_kib\":0"),
        ("\"passes\":3", "\"passes\":0"),
        ("\"salt\":\"salt_", "\"salt\":\"\",\"more\":\""),
    ];
    for (from, to) in cases {
        assert!(text.contains(from));
        fs::write(bed.path(), text.replace(from, to)).unwrap();
        // Worked out, each of these would say that the passphrase is wrong, after hours or never.
        assert_eq!(
            code(bed.vault().unlock(Some(&Secret::from("correct horse")))),
            "POD0507",
            "{to}"
        );
    }
}

/// Exchanges two texts of a file.
fn exchange(text: &str, one: &str, two: &str) -> String {
    text.replace(one, "\u{0}")
        .replace(two, one)
        .replace('\u{0}', two)
}

#[test]
fn exchanged_records_are_refused() {
    let (bed, _) = Bed::filled();
    let text = fs::read_to_string(bed.path()).unwrap();
    let sealed: Vec<&str> = text
        .split("\"secret_access_key\":\"")
        .skip(1)
        .map(|t| t.split('"').next().unwrap())
        .collect();
    let changed = [
        exchange(&text, sealed[0], sealed[1]),
        exchange(&text, "acme-dev", "acme-test"),
        text.replace("eu-west-1", "us-east-1"),
        text.replace("\"kind\":\"aws\"", "\"kind\":\"awx\""),
    ];
    for changed in changed {
        assert_ne!(changed, text);
        fs::write(bed.path(), changed).unwrap();
        assert_eq!(code(bed.vault().unlock(None)), "POD0507");
    }
}

#[test]
fn a_truncated_or_flipped_file_is_told_and_never_overwritten() {
    let (bed, open) = Bed::filled();
    let good = fs::read(bed.path()).unwrap();
    let check = |bad: &[u8]| {
        fs::write(bed.path(), bad).unwrap();
        let vault = bed.vault();
        let codes = [
            code(vault.unlock(None)),
            code(open.lease(&name("acme-dev"), &purpose())),
        ];
        // A flip in the id or in a slot may look like a vault whose key is elsewhere.
        let told = ["POD0507", "POD0515", "POD0502"];
        assert!(
            codes.iter().all(|code| told.contains(&code.as_str())),
            "{codes:?}"
        );
        let _ = (vault.state(), vault.list());
        assert!(fs::read(bed.path()).unwrap() == bad, "it was overwritten");
        // The open one notices another id by locking itself; it opens again with the good file.
        fs::write(bed.path(), &good).unwrap();
        open.unlock(None).unwrap();
    };
    for length in (0..good.len()).step_by(37).chain([good.len() - 1]) {
        check(&good[..length]);
    }
    for at in (0..good.len()).step_by(11) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 7);
        check(&bad);
    }
    check(&[good.as_slice(), b"\n"].concat());
    check(&[0xff; 100]);
}

#[test]
fn a_file_from_a_newer_podium_is_told_as_such() {
    let (bed, _) = Bed::filled();
    let text = fs::read_to_string(bed.path()).unwrap();
    fs::write(bed.path(), text.replace("vault/1", "vault/2")).unwrap();
    let error = bed.vault().unlock(None).unwrap_err();
    assert!(error.message.contains("newer Podium"));
}

#[test]
fn an_older_file_is_noticed_and_can_be_accepted() {
    let (bed, vault) = Bed::filled();
    let older = fs::read(bed.path()).unwrap();
    put(&vault, "acme-dev", "rotated-value");
    fs::write(bed.path(), &older).unwrap();
    assert_eq!(
        code(leased(&vault, "acme-dev")),
        "POD0508",
        "noticed by what is in memory"
    );
    let fresh = bed.vault();
    assert_eq!(
        code(fresh.unlock(None)),
        "POD0508",
        "noticed by the keychain"
    );
    fresh.unlock_older(None).unwrap();
    assert_eq!(leased(&fresh, "acme-dev").unwrap(), CANARY);
    bed.vault().unlock(None).unwrap();
    assert_eq!(
        actions(&fresh)
            .iter()
            .filter(|action| *action == "accept")
            .count(),
        1
    );
}

#[test]
fn an_older_file_is_noticed_by_the_log_where_no_keychain_remembers() {
    let (bed, vault) = with_passphrase();
    let older = fs::read(bed.path()).unwrap();
    vault.unlock(Some(&Secret::from("correct horse"))).unwrap();
    put(&vault, "acme-dev", "rotated-value");
    leased(&vault, "acme-dev").unwrap();
    fs::write(bed.path(), older).unwrap();
    assert_eq!(
        code(bed.vault().unlock(Some(&Secret::from("correct horse")))),
        "POD0508"
    );
}

#[test]
fn each_lease_and_each_change_is_in_the_log() {
    let (bed, vault) = Bed::filled();
    leased(&vault, "acme-dev").unwrap();
    vault.remove(&name("acme-test")).unwrap();
    assert_eq!(actions(&vault), ["create", "put", "put", "lease", "remove"]);
    let lease = &vault.log().unwrap()[3];
    let ids: Vec<_> = lease
        .ids
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("credential", "acme-dev"),
            ("port", "aws"),
            ("run", "run_1"),
            ("step", "network")
        ]
    );
    let report = bed.vault().verify_log().unwrap();
    assert_eq!((report.records, report.with_key), (5, false));
    assert!(vault.verify_log().unwrap().with_key);
}

#[test]
fn no_lease_without_a_log() {
    let (bed, vault) = Bed::filled();
    // A folder in the place of the head: it can be neither read as a file nor replaced.
    fs::remove_file(bed.beside("audit.head")).unwrap();
    fs::create_dir(bed.beside("audit.head")).unwrap();
    assert!(leased(&vault, "acme-dev").is_err());
    fs::remove_dir(bed.beside("audit.head")).unwrap();
    assert_eq!(code(leased(&vault, "acme-dev")), "POD0516");
}

#[test]
fn a_line_torn_by_a_crash_is_cut_off() {
    let (bed, vault) = Bed::filled();
    let mut log = fs::read(bed.beside("audit.jsonl")).unwrap();
    log.extend_from_slice(b"{\"seq\":4,\"at");
    fs::write(bed.beside("audit.jsonl"), log).unwrap();
    leased(&vault, "acme-dev").unwrap();
    assert_eq!(vault.verify_log().unwrap().records, 4);
}

#[test]
fn a_crash_between_the_log_and_its_head_is_forgiven() {
    let (bed, vault) = Bed::filled();
    let head = fs::read(bed.beside("audit.head")).unwrap();
    leased(&vault, "acme-dev").unwrap();
    fs::write(bed.beside("audit.head"), head).unwrap();
    leased(&vault, "acme-dev").unwrap();
    assert_eq!(vault.verify_log().unwrap().records, 5);
}

#[test]
fn every_change_of_the_log_is_found() {
    let (bed, vault) = Bed::filled();
    for _ in 0..3 {
        leased(&vault, "acme-dev").unwrap();
    }
    let good = fs::read(bed.beside("audit.jsonl")).unwrap();
    let check = |bad: &[u8], what: &str| {
        fs::write(bed.beside("audit.jsonl"), bad).unwrap();
        assert_eq!(code(vault.verify_log()), "POD0516", "{what}");
    };
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 7);
        check(&bad, &format!("byte {at}"));
    }
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    for one in 0..lines.len() {
        let without: Vec<&[u8]> = lines
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != one)
            .map(|(_, l)| *l)
            .collect();
        check(&without.concat(), &format!("without {one}"));
        check(&lines[..one].concat(), &format!("the first {one}"));
        for two in one + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(one, two);
            check(&swapped.concat(), &format!("{one} and {two} exchanged"));
        }
    }
    fs::remove_file(bed.beside("audit.jsonl")).unwrap();
    assert_eq!(code(leased(&vault, "acme-dev")), "POD0516");
    fs::write(bed.beside("audit.jsonl"), &good).unwrap();
    leased(&vault, "acme-dev").unwrap();
}

#[test]
fn what_something_stored_goes_together_and_what_a_person_stored_anew_stays() {
    let (_bed, vault) = Bed::filled();
    let marked = |name: &str| {
        let mut credential = Credential::new(name.parse().unwrap(), "secret", 0);
        credential.origin = Some(String::from("demo"));
        let secrets = BTreeMap::from([(
            String::from("value"),
            Secret::new(CANARY.as_bytes().to_vec()),
        )]);
        vault.put(credential, &secrets).unwrap();
        secrets
    };
    marked("one");
    marked("two");
    let secrets = marked("three");
    put(&vault, "two", "of a person now");
    vault.renew(&"three".parse().unwrap(), &secrets).unwrap();
    let gone = vault.remove_of("demo").unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].as_str(), "one");
    let left: Vec<String> = vault
        .list()
        .unwrap()
        .iter()
        .map(|one| one.name.to_string())
        .collect();
    assert_eq!(left, ["acme-dev", "acme-test", "two", "three"]);
    assert!(vault.remove_of("demo").unwrap().is_empty());
    vault.verify_log().unwrap();
}

#[test]
fn a_vault_goes_only_where_it_never_held_anything_else() {
    let names = BTreeSet::from([String::from("one")]);
    let (bed, vault) = Bed::filled();
    assert!(!vault.remove_empty(&names).unwrap(), "it holds something");
    for name in ["acme-dev", "acme-test"] {
        vault.remove(&name.parse().unwrap()).unwrap();
    }
    assert!(
        !vault.remove_empty(&names).unwrap(),
        "its log speaks of something"
    );
    assert!(bed.path().exists());

    let bed = Bed::new();
    let vault = bed.vault();
    vault.create(&Protection::Keychain).unwrap();
    put(&vault, "one", CANARY);
    vault.remove(&"one".parse().unwrap()).unwrap();
    vault.lock();
    assert!(
        vault.remove_empty(&names).is_err(),
        "a locked one cannot be looked into"
    );
    vault.unlock(None).unwrap();
    assert!(vault.remove_empty(&names).unwrap());
    assert!(bed.keychain.is_empty());
    assert_eq!(vault.state(), VaultState::Empty);
    assert!(!vault.remove_empty(&names).unwrap());
    // A new one begins a log of its own.
    vault.create(&Protection::Keychain).unwrap();
    put(&vault, "mine", CANARY);
    vault.verify_log().unwrap();
}
