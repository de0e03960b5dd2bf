//! What is inside a step, drawn by its system, from the command line.

use serde_json::Value;

use super::harness::Desk;

const WORKFLOW: &str = r#"podium: 1
name: Inside
inputs:
  shop: { type: string, title: Shop }
credentials:
  cluster: { type: kubernetes }
  cloud: { type: aws }
steps:
  page:
    uses: file/render
    with: { template: page.txt, to: "${{ inputs.shop }}.txt" }
  app:
    uses: kubernetes/apply
    title: "Laden „Größe“"
    credentials: { cluster: cluster }
    with:
      namespace: default
      manifests:
        - { apiVersion: v1, kind: ConfigMap, metadata: { name: words }, data: { a: "1" } }
        - apiVersion: v1
          kind: Pod
          metadata: { name: till }
          spec: { containers: [{ name: till, image: "till:1", envFrom: [{ configMapRef: { name: words } }] }] }
  stack:
    uses: cloudformation/deploy
    credentials: { aws: cloud }
    with: { stack: "shop-${{ inputs.shop }}", template: stack.yaml }
  later:
    uses: cloudformation/deploy
    credentials: { aws: cloud }
    with: { stack: other, template: "${{ steps.page.outputs.path }}" }
"#;

const STACK: &str = "Resources:
  Orders: { Type: AWS::SQS::Queue }
  Note:
    Type: AWS::SSM::Parameter
    DependsOn: Orders
    Properties: { Type: String, Value: x }
";

fn desk() -> Desk {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Inside\ndefault_environment: play\n",
    );
    desk.write("environments/play.yaml", "practice: true\n");
    desk.write("workflows/inside.yaml", WORKFLOW);
    desk.write("stack.yaml", STACK);
    desk.write("page.txt", "Grüezi\n");
    desk
}

#[test]
fn what_is_inside_a_step_is_drawn_by_its_system() {
    let desk = desk();
    let inside = |step: &str| {
        desk.podium(&[
            "graph",
            "inside",
            "--inside",
            step,
            "-e",
            "play",
            "-i",
            "shop=north",
            "--json",
        ])
        .expect(0)
        .json()
    };
    let stack = inside("stack");
    let names = |view: &Value| -> Vec<String> {
        let nodes = view["graph"]["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| node["title"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut resources = names(&stack);
    resources.sort();
    assert_eq!(resources, ["Note", "Orders"]);
    let edges = stack["graph"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 1);
    assert_eq!(
        (&edges[0]["from"], &edges[0]["to"]),
        (&Value::from("Orders"), &Value::from("Note"))
    );
    assert_eq!(stack["mode"], "simulated");
    assert_eq!(stack["sentence"], "2 things of 2 kinds.");
    // Places are worked out: who comes first stands left.
    let x = |id: &str| stack["layout"]["nodes"][id]["x"].as_f64().unwrap();
    assert!(x("Orders") < x("Note"), "{stack}");

    let app = inside("app");
    assert_eq!(names(&app).len(), 2, "{app}");

    // What hangs on a step that has not run is said, and is no error.
    let later = inside("later");
    assert_eq!(names(&later), [""; 0]);
    assert_eq!(
        later["sentence"],
        "There is nothing to see before `page` has run."
    );
}

#[test]
fn a_drawing_is_text_for_other_programs() {
    let desk = desk();
    let text = |format: &str| {
        desk.podium(&[
            "graph",
            "inside",
            "--inside",
            "app",
            "-i",
            "shop=north",
            "--format",
            format,
        ])
        .expect(0)
    };
    let mermaid = text("mermaid");
    assert_eq!(mermaid.stdout[0], "flowchart LR");
    let drawn = mermaid.stdout.join("\n");
    assert!(drawn.contains("default/till<br/>Pod"), "{drawn}");
    assert!(drawn.contains(" --> "), "{drawn}");
    // What it is of stands beside it, not in it.
    assert!(
        mermaid
            .stderr
            .contains("Laden „Größe“ · kubernetes/apply · Simulated."),
        "{}",
        mermaid.stderr
    );
    assert!(
        text("dot")
            .stdout
            .join("\n")
            .starts_with("digraph workflow {")
    );
    assert!(text("svg").stdout.join("\n").contains("default/till"));
}

#[test]
fn where_nobody_can_look_inside_it_is_said_why() {
    let desk = desk();
    let page = desk
        .podium(&[
            "graph",
            "inside",
            "--inside",
            "page",
            "-i",
            "shop=north",
            "--json",
        ])
        .expect(1)
        .json();
    assert_eq!(page["cannot"], true);
    assert_eq!(
        page["sentence"],
        "Nobody can look inside this step, because it has nothing inside to draw."
    );
    desk.podium(&[
        "graph",
        "inside",
        "--inside",
        "nothing",
        "-i",
        "shop=north",
        "--json",
    ])
    .expect(1)
    .refused_with("POD0708");
    // Without the answer, and without a run that gave one, the workflow cannot be planned.
    desk.podium(&["graph", "inside", "--inside", "stack", "--json"])
        .expect(1)
        .refused_with("POD0711");
    // An answer of the newest run stands in.
    desk.podium(&["run", "inside", "-i", "shop=north", "--yes", "--json"]);
    desk.podium(&["graph", "inside", "--inside", "stack", "--json"])
        .expect(0);
}
