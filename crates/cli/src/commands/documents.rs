//! Documents: validate, schema, graph.

use podium_api::types::{Empty, LookInside, WorkflowName};
use podium_api::{ApiError, Podium};

use super::run;
use crate::args::{GraphFormat, What};
use crate::output::invalid;
use crate::telling::label;
use crate::{exit, output};

/// `podium validate`
pub(crate) fn validate(podium: &Podium, files: &[String], json: bool) -> Result<u8, ApiError> {
    let diagnostics = podium.validate(files)?;
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count();
    if json {
        output::json(&diagnostics);
    } else {
        for diagnostic in &diagnostics {
            output::diagnostic(diagnostic);
        }
        if errors == 0 {
            output::line("No errors.");
        } else {
            output::complain(&format!(
                "{errors} {}.",
                if errors == 1 { "error" } else { "errors" }
            ));
        }
    }
    Ok(if errors == 0 {
        exit::SUCCEEDED
    } else {
        exit::FAILED
    })
}

/// `podium schema`
pub(crate) fn schema(podium: &Podium, kind: &str) -> Result<u8, ApiError> {
    output::pretty(&podium.schema(kind)?);
    Ok(exit::SUCCEEDED)
}

/// `podium graph`
pub(crate) async fn graph(
    podium: &Podium,
    file: &str,
    format: GraphFormat,
) -> Result<u8, ApiError> {
    let workflow = podium.host().folder().workflow_named(file)?;
    let view = podium.document_open(WorkflowName { workflow }).await?;
    match format {
        GraphFormat::Json => output::pretty(&serde_json::json!({
            "podium": "graph/1", "graph": view.graph, "layout": view.layout,
        })),
        GraphFormat::Mermaid => output::line(podium_api::drawing::mermaid(&view.graph).trim_end()),
        GraphFormat::Dot => output::line(podium_api::drawing::dot(&view.graph).trim_end()),
        GraphFormat::Svg => {
            let manifests = podium.connector_list(Empty {}).await?;
            output::line(
                podium_api::drawing::svg(&view.graph, &view.layout, &manifests).trim_end(),
            );
        }
    }
    Ok(exit::SUCCEEDED)
}

/// `podium graph --inside`
pub(crate) async fn inside(
    podium: &Podium,
    what: What,
    step: &str,
    format: GraphFormat,
    json: bool,
) -> Result<u8, ApiError> {
    let asked = run::request(podium, what)?;
    let step = podium_api::model::StepId::address(step).map_err(|error| {
        invalid(
            "POD0708",
            format!("`{step}` is {error}."),
            "Name a step; `podium graph WORKFLOW` shows them.",
        )
    })?;
    let view = podium
        .step_inside(LookInside {
            workflow: asked.workflow,
            environment: asked.environment,
            step,
            inputs: asked.inputs,
        })
        .await?;
    if json {
        output::json(&view);
    } else if format == GraphFormat::Json {
        output::pretty(&view);
    } else if view.graph.nodes.is_empty() {
        output::complain(&view.sentence);
    } else {
        output::complain(&format!(
            "{} · {} · {}. {}",
            view.title,
            view.uses,
            label(view.mode, view.mode_open),
            view.sentence
        ));
        if view.more > 0 {
            output::complain(&format!("{} more are not drawn.", view.more));
        }
        let plain = podium_api::drawing::with_plain_ids(&view.graph);
        let text = match format {
            GraphFormat::Dot => podium_api::drawing::dot(&plain),
            GraphFormat::Svg => podium_api::drawing::svg(&view.graph, &view.layout, &[]),
            GraphFormat::Mermaid | GraphFormat::Json => podium_api::drawing::mermaid(&plain),
        };
        output::line(text.trim_end());
    }
    Ok(if view.cannot {
        exit::FAILED
    } else {
        exit::SUCCEEDED
    })
}
