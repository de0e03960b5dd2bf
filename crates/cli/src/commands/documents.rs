//! Documents: validate, schema, graph.

use podium_api::types::{Empty, WorkflowName};
use podium_api::{ApiError, Podium};

use crate::args::GraphFormat;
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
