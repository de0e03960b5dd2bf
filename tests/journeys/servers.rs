//! The AWS API server, and asking it and Terraform with the vendors' own clients.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use podium_testkit::MiniStack;
use serde_json::Value;

use super::harness::Desk;

/// A port of this computer where nobody listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A real API server in the place of AWS, and boto3 to ask it; ends with this value.
pub(crate) struct Cloud {
    server: MiniStack,
    python: PathBuf,
}

impl Cloud {
    /// Starts it and waits until CloudFormation answers.
    pub(crate) fn start(peers: &Path) -> Self {
        let cloud = Self {
            server: MiniStack::start(peers),
            python: peers.join("bin/python"),
        };
        // The first call to each service loads it.
        cloud.ask("print(json.dumps(client('cloudformation').describe_stacks()['Stacks']))");
        cloud
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Stores a credential for it under this name.
    pub(crate) fn credential(&self, desk: &Desk, name: &str, secret: &str) {
        let endpoint = format!("endpoint_url={}", self.url());
        let fields = [
            "access_key_id=AKIAIOSFODNN7EXAMPLE",
            "region=eu-west-1",
            &endpoint,
        ];
        desk.credential(name, "aws", &fields, secret);
    }

    /// Runs a few lines of Python with boto3 at hand; gives the JSON that they print.
    pub(crate) fn ask(&self, lines: &str) -> Value {
        let head = "import json, sys, boto3, botocore\n\
                    def client(name):\n    \
                    return boto3.client(name, endpoint_url=sys.argv[1], region_name='eu-west-1', \
                    aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='looking')\n";
        let asked = Command::new(&self.python)
            .args(["-c", &format!("{head}{lines}"), &self.url()])
            .output()
            .unwrap();
        assert!(
            asked.status.success(),
            "{}",
            String::from_utf8_lossy(&asked.stderr)
        );
        serde_json::from_slice(&asked.stdout).unwrap()
    }

    /// The status of a stack; null where there is none.
    pub(crate) fn stack(&self, name: &str) -> Value {
        self.ask(&format!(
            "try:\n    \
             found = client('cloudformation').describe_stacks(StackName='{name}')['Stacks'][0]\n    \
             print(json.dumps(found, default=str))\n\
             except botocore.exceptions.ClientError as error:\n    \
             assert 'does not exist' in str(error), error\n    \
             print('null')"
        ))
    }
}

/// What Terraform itself says is in the state of a branch's network.
pub(crate) fn terraform_list(peers: &Path, desk: &Desk, branch: &str) -> Vec<String> {
    let state = desk
        .workspace
        .join("infra/network/terraform.tfstate.d")
        .join(branch)
        .join("terraform.tfstate");
    let listed = Command::new(peers.join("bin/terraform"))
        .args(["state", "list"])
        .arg(format!("-state={}", state.display()))
        .env("CHECKPOINT_DISABLE", "1")
        .current_dir(desk.root.path())
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
