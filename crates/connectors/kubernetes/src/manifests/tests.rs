use podium_connector::Context as _;
use podium_testkit::FakeContext;
use serde_json::json;

use super::*;

async fn kinds(cx: &FakeContext, input: Value) -> std::result::Result<Vec<String>, Error> {
    Ok(load(cx, &input)
        .await?
        .iter()
        .map(|manifest| format!("{} ({})", manifest.name().expect("named"), manifest.place))
        .collect())
}

#[tokio::test]
async fn a_folder_is_read_to_its_end_and_put_in_order() {
    let cx = FakeContext::real();
    cx.write("k8s/shop/b.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
    cx.write("k8s/shop/deep/a.json", r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"straße"}}]}"#);
    cx.write("k8s/shop/readme.md", "no manifest");
    assert_eq!(
        kinds(&cx, json!("k8s/shop")).await.expect("read"),
        [
            "Namespace `straße` (k8s/shop/deep/a.json)",
            "Service `web` (k8s/shop/b.yaml, document 2)",
            "Deployment `web` (k8s/shop/b.yaml, document 1)",
        ]
    );
    let inline = json!(["k8s/shop/deep/a.json", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}},
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n"]);
    assert_eq!(kinds(&cx, inline).await.expect("read").len(), 3);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_and_without_values() {
    let cx = FakeContext::real();
    cx.write(
        "bad.yaml",
        "apiVersion: v1\nkind: Secret\nstringData: {a: 'hunter2-value\n",
    );
    cx.write(
        "nameless.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n",
    );
    cx.write("twice.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    cx.write("empty.yaml", "# nothing\n");
    for (input, words) in [
        (json!("bad.yaml"), "bad.yaml"),
        (
            json!("nameless.yaml"),
            "nameless.yaml: the object has no `metadata.name`",
        ),
        (
            json!("twice.yaml"),
            "stands twice: twice.yaml, document 1, and twice.yaml, document 2",
        ),
        (json!("empty.yaml"), "hold no object"),
        (
            json!("nowhere"),
            "`nowhere` cannot be read: it is not there",
        ),
        (json!("../out.yaml"), "leads out of the workspace"),
    ] {
        let error = kinds(&cx, input.clone()).await.expect_err("refused");
        assert!(error.message.contains(words), "{input}: {}", error.message);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn numbers_are_read_as_kubectl_reads_them() {
    let cx = FakeContext::real();
    cx.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\nmode: 0644\nport: '8080'\nbig: 9007199254740993\n");
    let found = load(&cx, &json!("m.yaml")).await.expect("read");
    assert_eq!(found[0].object["mode"], json!(420));
    assert_eq!(found[0].object["port"], json!("8080"));
    assert_eq!(found[0].object["big"], json!(9_007_199_254_740_993_i64));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_workspace_is_not_followed() {
    let cx = FakeContext::real();
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(
        outside.path().join("x.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
    )
    .expect("written");
    cx.write(
        "k8s/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    std::os::unix::fs::symlink(outside.path(), cx.workspace().join("k8s/out")).expect("linked");
    let error = load(&cx, &json!("k8s")).await.expect_err("refused");
    assert!(error.message.contains("leads out"), "{}", error.message);
}
