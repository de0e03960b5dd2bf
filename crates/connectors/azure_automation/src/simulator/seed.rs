//! What is there from the start: a small shop's automation account.

use serde_json::{Value, json};

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-4000-8000-5409005409aa";
pub(crate) const GROUP: &str = "shop";
/// Accounts and the resource groups that they are in.
pub(crate) const ACCOUNTS: [(&str, &str); 3] = [
    ("shop-automation", GROUP),
    ("Größenlager-automation", "größe"),
    ("shop-twice", "shop-eu"),
];
/// Runbooks beside the ones with a meaning of their own, so that lists have pages.
const NIGHTLY: usize = 140;

/// A runbook.
#[derive(Clone, Debug)]
pub(crate) struct Runbook {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) parameters: Value,
    pub(crate) text: String,
}

const NIGHTLY_CARE: &str = r#"<#
 .SYNOPSIS
  Nightly care of a branch.
#>
param(
  [Parameter(Mandatory = $true)] [string] $Branch,
  [int] $KeepDays = 30
)
Connect-AzAccount -Identity | Out-Null
Stop-AzVM -ResourceGroupName "shop" -Name "shop-$Branch" -Force
Start-AzVM -ResourceGroupName "shop" -Name $Branch
# Remove-AzVM would be too much here.
Get-AzSnapshot | Where-Object { $_.TimeCreated -lt (Get-Date).AddDays(-$KeepDays) } | Remove-AzSnapshot -Force
Set-AutomationVariable -Name LastCare -Value (Get-Date)
Write-Output "cared for $Branch"
"#;

const CLEAN_UP: &str = r#"param([Parameter(Mandatory = $true)] [string] $Branch)
Remove-AzResourceGroup -Name "shop-old" -Force
Remove-AzStorageAccount -ResourceGroupName shop -Name $Branch -Force
"#;

const PYTHON: &str = r#"#!/usr/bin/env python3
import sys
from azure.mgmt.compute import ComputeManagementClient
compute_client.virtual_machines.begin_start("shop", "shop-web-1").wait()
print("started")
"#;

fn runbook(
    name: &str,
    kind: &'static str,
    state: &'static str,
    parameters: Value,
    text: &str,
) -> Runbook {
    Runbook {
        name: name.to_owned(),
        kind,
        state,
        parameters,
        text: text.to_owned(),
    }
}

pub(crate) fn runbooks() -> Vec<Runbook> {
    let branch = json!({
        "Branch": { "type": "System.String", "isMandatory": true, "position": 0, "defaultValue": null },
    });
    let care = json!({
        "Branch": { "type": "System.String", "isMandatory": true, "position": 0, "defaultValue": null },
        "KeepDays": { "type": "System.Int32", "isMandatory": false, "position": 1, "defaultValue": "30" },
    });
    let say = "Write-Output 'done'\n";
    let mut all = vec![
        runbook(
            "shop-nightly-care",
            "PowerShell",
            "Published",
            care.clone(),
            NIGHTLY_CARE,
        ),
        runbook(
            "shop-clean-up",
            "PowerShell72",
            "Published",
            branch.clone(),
            CLEAN_UP,
        ),
        runbook("shop-start", "Python3", "Published", json!({}), PYTHON),
        runbook("shop-edited", "PowerShell", "Edit", branch, NIGHTLY_CARE),
        runbook("shop-new", "PowerShell", "New", json!({}), say),
        runbook(
            "shop-drawn",
            "GraphPowerShell",
            "Published",
            json!({}),
            "{}",
        ),
        runbook("shop-report", "PowerShell", "Published", json!({}), say),
        runbook("shop-broken", "PowerShell", "Published", json!({}), say),
        runbook("shop-slow", "PowerShell", "Published", json!({}), say),
        runbook("shop-chatty", "PowerShell", "Published", json!({}), say),
        runbook(
            "shop-waiting",
            "PowerShellWorkflow",
            "Published",
            json!({}),
            say,
        ),
        runbook("shop-odd-state", "PowerShell", "Published", json!({}), say),
        runbook("shop-complains", "PowerShell", "Published", json!({}), say),
        runbook(
            "Größe prüfen – ñandú",
            "PowerShell",
            "Published",
            json!({}),
            "Set-AzResource -Name 'größe' -Force\n",
        ),
    ];
    for at in 1..=NIGHTLY {
        all.push(runbook(
            &format!("shop-nightly-{at:03}"),
            "PowerShell",
            "Published",
            json!({}),
            say,
        ));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

pub(crate) fn find(name: &str) -> Option<Runbook> {
    runbooks()
        .into_iter()
        .find(|one| one.name.eq_ignore_ascii_case(name))
}
