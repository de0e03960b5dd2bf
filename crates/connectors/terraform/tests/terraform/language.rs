//! The configuration language: what the simulator works out is what Terraform works out.

use podium_connector::{Connector, Phase};
use podium_connector_terraform::Terraform;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::{each, request};

each! {
    the_demo_gives_its_hosts_and_its_range,
    a_variable_that_breaks_its_rule_is_refused_with_its_words,
    expressions_give_the_values_of_terraform,
    what_a_larger_branch_adds_is_planned_thing_by_thing,
}

const DEMO: &str = include_str!("../../../../../examples/demo/infra/network/main.tf");

/// Each output is worked out from something else that the language offers.
const EXPRESSIONS: &str = r#"
variable "ports" {
  type    = map(number)
  default = { web = 80, mail = 25 }
}
variable "site" {
  type    = object({ name = string, copies = optional(number, 2) })
  default = { name = "Straße" }
}
locals {
  base  = "10.20.0.0/16"
  names = toset(["b", "a", "b"])
  deep  = { z = { list = [1, 2, 3] }, a = null }
}
resource "terraform_data" "counted" {
  count = var.site.copies
  input = "n${count.index}"
}
resource "terraform_data" "named" {
  for_each = local.names
  input    = { key = each.key, value = each.value }
}
output "all" {
  value = {
    arithmetic  = [1 + 2 * 3, 7 / 2, 7 % 4, -3, 10 / 5]
    compare     = [1 < 2, "a" == "a", 1 != 1.0, !true, true && false || true]
    conditional = length(var.ports) > 1 ? "many" : "few"
    filtered    = [for name, port in var.ports : "${name}:${port}" if port > 30]
    grouped     = { for word in ["ab", "ac", "b"] : substr(word, 0, 1) => word... }
    object      = { for name, port in var.ports : upper(name) => port }
    sets        = [for key, value in local.names : "${key}${value}"]
    splat       = terraform_data.counted[*].output
    names       = keys(terraform_data.named)
    by_name     = terraform_data.named["a"].output.value
    index       = local.deep.z.list[1]
    text        = "a\t\"q\" $${no} %{ if true }yes%{ else }no%{ endif } ${join(",", [1, true, "x"])}"
    loop        = "%{ for n in [1, 2] }<${n}>%{ endfor }"
    document    = <<-EOT
      first ${var.site.name}
        second
    EOT
    format      = format("%03d|%-4s|%s|%5.2f|%q|%v", 7, "ab", "x", 2.5, "y", [1])
    merge       = merge({ a = 1, b = 1 }, { b = 2 })
    lookup      = [lookup(var.ports, "web", 0), lookup(var.ports, "none", 1)]
    coalesce    = coalesce(null, "", "here")
    lists       = [distinct([1, 1, 2]), sort(["b", "a"]), flatten([[1, [2]], 3]), concat([1], [2]), reverse([1, 2])]
    element     = element(["a", "b", "c"], 4)
    zipmap      = zipmap(["a", "b"], [1, 2])
    split       = split(",", "a,b,,c")
    replace     = [replace("a-b-c", "-", "+"), replace("abc", "/[ac]/", "x")]
    numbers     = [max(1, 5, 3), min(1, 5, 3), tonumber("42"), parseint("ff", 16), floor(1.9), ceil(1.1), abs(-2)]
    strings     = [tostring(1), tostring(true), lower("ÄB"), upper("äb"), trimspace("  x ")]
    contains    = [contains(["a"], "a"), contains(local.names, "z")]
    range       = [range(3), range(1, 4), range(6, 0, -2)]
    json        = jsonencode({ b = [1, null], a = "<&>" })
    decoded     = jsondecode("{\"x\": [1.5, true]}")
    network     = [cidrsubnet(local.base, 8, 3), cidrhost(local.base, 300), cidrhost(local.base, -2), cidrnetmask(local.base)]
    network_six = [cidrsubnet("fd00:1::/48", 16, 5), cidrhost("fd00:1::/64", 9)]
    hashes      = [sha1("west"), sha256("west"), base64encode("ü")]
    tries       = [try(local.deep.z.none, "other"), can(regex("^[a-z]+$", "ABC")), can(local.deep.z)]
    pattern     = regex("([a-z]+)-([0-9]+)", "on web-12")
    length      = [length("äö"), length(local.names), length({ a = 1 })]
    one         = [one([]), one(["x"]), alltrue([true, false]), anytrue([true, false]), sum([1, 2.5])]
  }
}
"#;

async fn outputs(cx: &FakeContext, inputs: Value) -> Value {
    let walked = walk(&Terraform::new(), cx, &request("terraform/apply", inputs))
        .await
        .expect("it runs");
    json!(walked.outcome.outputs)
}

async fn the_demo_gives_its_hosts_and_its_range(cx: FakeContext) {
    cx.write("net/main.tf", DEMO);
    let inputs = json!({"directory": "net", "variables": {"branch": "west", "size": "large"}});
    let outputs = outputs(&cx, inputs).await;
    assert_eq!(
        outputs["hosts"],
        json!(["web-1.west.test", "web-2.west.test", "web-3.west.test"])
    );
    // sha1("west") begins with d6, in base 16.
    assert_eq!(outputs["range"], json!("10.214.0.0/16"));
}

async fn a_variable_that_breaks_its_rule_is_refused_with_its_words(cx: FakeContext) {
    cx.write("net/main.tf", DEMO);
    cx.set_phase(Phase::Read);
    let inputs = json!({"directory": "net", "variables": {"branch": "West!"}});
    let error = Terraform::new()
        .preview(&cx, &request("terraform/apply", inputs))
        .await
        .expect_err("it is refused");
    assert!(
        error.message.contains("three to twelve small letters"),
        "{error}"
    );
}

async fn expressions_give_the_values_of_terraform(cx: FakeContext) {
    cx.write("net/main.tf", EXPRESSIONS);
    let outputs = outputs(&cx, json!({"directory": "net"})).await;
    let wanted: Value = serde_json::from_str(include_str!("expressions.json")).expect("JSON");
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&outputs["all"][name], value, "{name}");
    }
    assert_eq!(outputs["all"], wanted);
}

async fn what_a_larger_branch_adds_is_planned_thing_by_thing(cx: FakeContext) {
    cx.write("net/main.tf", DEMO);
    let of =
        |size: &str| json!({"directory": "net", "variables": {"branch": "west", "size": size}});
    let plan = async |size: &str| {
        cx.set_phase(Phase::Read);
        let preview = Terraform::new()
            .preview(&cx, &request("terraform/apply", of(size)))
            .await
            .expect("a preview");
        let mut changes: Vec<String> = preview
            .changes
            .iter()
            .map(|change| format!("{:?} {}", change.action, change.name))
            .collect();
        changes.sort();
        changes
    };
    outputs(&cx, of("large")).await;
    assert!(
        plan("large")
            .await
            .iter()
            .all(|change| !change.starts_with("Create"))
    );
    let smaller = plan("small").await;
    let gone: Vec<&String> = smaller.iter().filter(|c| c.starts_with("Delete")).collect();
    assert_eq!(gone.len(), 2, "{smaller:?}");
}

#[tokio::test]
async fn what_the_simulator_cannot_do_it_says() {
    for (text, words) in [
        (
            "output \"when\" {\n  value = timestamp()\n}\n",
            "The simulator cannot call the function `timestamp`",
        ),
        (
            "resource \"aws_instance\" \"x\" {}\noutput \"ip\" {\n  value = aws_instance.x.public_ip\n}\n",
            "The simulator cannot know `public_ip` of aws_instance.x",
        ),
        (
            "module \"inner\" {\n  source = \"./inner\"\n}\n",
            "The simulator cannot play the module `inner`",
        ),
        (
            "data \"x\" \"y\" {}\noutput \"z\" {\n  value = data.x.y.z\n}\n",
            "The simulator cannot know `data.x`",
        ),
    ] {
        let cx = crate::simulated();
        cx.write("net/main.tf", text);
        cx.set_phase(Phase::Read);
        let asked = request("terraform/apply", json!({"directory": "net"}));
        let error = Terraform::new()
            .preview(&cx, &asked)
            .await
            .expect_err("it cannot");
        assert!(error.message.contains(words), "{error}");
    }
}
