//! The graph inside a step: a template's nodes, a plan's resources, a blueprint.

use std::collections::{BTreeMap, HashSet};

use podium_connector::{Drawing, Mode, Support, Verb};
use podium_diagnostics::{Code, Error, ErrorKind};
use podium_model::StepId;
use podium_model::document::When;
use podium_model::layout::Layout;
use podium_plan::code::MISSING_WORKFLOW_INPUT;
use podium_plan::{EdgeKind, Graph, GraphEdge, GraphNode, Plan, PlanStep};
use podium_projections::as_done;
use podium_runtime::Inside;
use serde_json::{Map, Value};

use crate::handlers::documents::place_new;
use crate::handlers::previews::Compiled;
use crate::handlers::runs::no_run;
use crate::types::{InsideView, ListRuns, LookInside, LookInsideRun, MakePreview};
use crate::{ApiError, Podium};

/// Things that are drawn at the most.
const DRAWN: usize = 1_000;

impl Podium {
    /// The graph inside a step of a workflow as it stands.
    pub async fn step_inside(&self, request: LookInside) -> Result<InsideView, ApiError> {
        let compiled = self.compile_or_as_before(&request).await?;
        let plan = &compiled.plan;
        let step = plan
            .step(&request.step)
            .ok_or_else(|| no_step(&request.step))?;
        if let Some(cannot) = self.cannot_draw(plan, step) {
            return Ok(cannot);
        }
        Ok(view(plan, step, self.host.draw(plan, step).await?))
    }

    /// The graph inside a step of a run, asked with what the step was done with.
    pub async fn run_inside(&self, request: LookInsideRun) -> Result<InsideView, ApiError> {
        let id = request.run.clone();
        let events = self
            .host
            .journal(move |journal| journal.events_without_log(&id, 1))
            .await?;
        super::records::refuse(&request.run, &events)?;
        let (plan, done) = as_done(&events).ok_or_else(|| no_run(&request.run))?;
        let step = plan
            .step(&request.step)
            .ok_or_else(|| no_step(&request.step))?;
        if let Some(cannot) = self.cannot_draw(&plan, step) {
            return Ok(cannot);
        }
        let was = done
            .iter()
            .filter(|one| one.id.step == step.id)
            .min_by_key(|one| one.id.item);
        let inside = match was {
            Some(was) => {
                let asked = was.request(&request.run, step);
                self.host.draw_as(&plan, step, &asked).await?
            }
            None => self.host.draw(&plan, step).await?,
        };
        Ok(view(&plan, step, inside))
    }

    /// A workflow asks its questions when it is deployed; until then the answers of its newest run stand in.
    async fn compile_or_as_before(&self, request: &LookInside) -> Result<Compiled, ApiError> {
        let mut asked = MakePreview {
            workflow: request.workflow.clone(),
            environment: request.environment.clone(),
            inputs: request.inputs.clone(),
        };
        let error = match self.compile(&asked) {
            Ok(compiled) => return Ok(compiled),
            Err(error) => error,
        };
        let missing = error
            .diagnostics
            .iter()
            .any(|found| found.code == MISSING_WORKFLOW_INPUT);
        if !missing {
            return Err(error);
        }
        let before = self.answers_before(request).await?;
        for (name, value) in before {
            asked.inputs.entry(name).or_insert(value);
        }
        self.compile(&asked)
    }

    async fn answers_before(&self, request: &LookInside) -> Result<Map<String, Value>, ApiError> {
        let runs = self
            .run_list(ListRuns {
                workflow: Some(request.workflow.clone()),
                limit: Some(20),
            })
            .await?;
        let Some(run) = runs.into_iter().find(|run| run.undoes.is_none()) else {
            return Ok(Map::new());
        };
        let plan = self.plan_of(&run.id).await?;
        let known = self.inputs_of(&request.workflow)?;
        let mut inputs = plan.inputs().clone();
        inputs.retain(|name, _| known.contains_key(name));
        Ok(inputs)
    }

    /// The answer where the manifest says that nobody can draw it.
    fn cannot_draw(&self, plan: &Plan, step: &PlanStep) -> Option<InsideView> {
        let operation = self.manifests.operation(&step.uses)?;
        let Support::No { because } = operation.capability.get(Verb::Draw) else {
            return None;
        };
        let nothing = Inside {
            drawing: Drawing::default(),
            mode: Some(plan.mode()),
            waits_for: Vec::new(),
        };
        let mut view = view(plan, step, nothing);
        view.sentence = format!("Nobody can look inside this step, because {because}");
        view.cannot = true;
        Some(view)
    }
}

fn view(plan: &Plan, step: &PlanStep, inside: Inside) -> InsideView {
    let total = inside.drawing.nodes.len();
    let graph = graph_of(inside.drawing);
    let mut layout = Layout::default();
    place_new(&mut layout, &graph);
    let titles: Vec<String> = inside
        .waits_for
        .iter()
        .map(|id| {
            let step = plan.step(id);
            format!(
                "`{}`",
                step.map_or_else(|| id.to_string(), |step| step.title.clone())
            )
        })
        .collect();
    let sentence = match (total, titles.as_slice()) {
        (_, []) => count(&graph, total),
        (0, _) => format!("There is nothing to see before {}.", ran(&titles)),
        _ => format!(
            "{} More is known when {}.",
            count(&graph, total),
            ran(&titles)
        ),
    };
    InsideView {
        step: step.id.clone(),
        title: step.title.clone(),
        uses: step.uses.clone(),
        environment: plan.environment().to_string(),
        mode: inside.mode.unwrap_or_else(|| plan.mode()),
        mode_open: inside.mode.is_none() && plan.mode() == Mode::Real,
        more: u32::try_from(total - graph.nodes.len()).unwrap_or(u32::MAX),
        graph,
        layout,
        sentence,
        cannot: false,
    }
}

/// A drawing in the form that the canvas and the formats of text take; what is twice or leads nowhere is
/// left out.
fn graph_of(drawing: Drawing) -> Graph {
    let mut ids = HashSet::new();
    let nodes: Vec<GraphNode> = drawing
        .nodes
        .into_iter()
        .filter(|node| ids.len() < DRAWN && ids.insert(node.id.clone()))
        .map(|node| GraphNode {
            title: if node.name.is_empty() {
                node.id.clone()
            } else {
                node.name
            },
            id: node.id,
            uses: node.kind,
            problems: 0,
            badges: Vec::new(),
            within: None,
        })
        .collect();
    let mut seen = HashSet::new();
    let edges = drawing
        .edges
        .into_iter()
        .filter(|edge| edge.from != edge.to && ids.contains(&edge.from) && ids.contains(&edge.to))
        .filter(|edge| seen.insert((edge.from.clone(), edge.to.clone())))
        .map(|edge| GraphEdge {
            from: edge.from,
            to: edge.to,
            on: When::Success,
            kind: EdgeKind::Order,
        })
        .collect();
    Graph {
        nodes,
        edges,
        calls: Vec::new(),
    }
}

/// Which steps must have run.
fn ran(titles: &[String]) -> String {
    match titles {
        [one] => format!("{one} has run"),
        [rest @ .., last] => format!("{} and {last} have run", rest.join(", ")),
        [] => String::new(),
    }
}

/// How many things of which kinds.
fn count(graph: &Graph, total: usize) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for node in &graph.nodes {
        *kinds.entry(node.uses.as_str()).or_default() += 1;
    }
    match (total, kinds.len()) {
        (0, _) => String::from("There is nothing inside."),
        (1, _) => String::from("One thing."),
        (total, 1) => format!("{total} things of one kind."),
        (total, kinds) => format!("{total} things of {kinds} kinds."),
    }
}

fn no_step(step: &StepId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0708"),
        format!("There is no step `{step}` in this workflow."),
    )
    .with_hint("`podium graph WORKFLOW` shows its steps.")
}

#[cfg(test)]
mod tests {
    use podium_connector::{DrawnEdge, DrawnNode};

    use super::*;

    fn drawing(nodes: usize, edges: &[(&str, &str)]) -> Drawing {
        Drawing {
            nodes: (0..nodes)
                .map(|n| DrawnNode {
                    id: n.to_string(),
                    kind: String::from("Größe"),
                    name: String::new(),
                })
                .collect(),
            edges: edges
                .iter()
                .map(|(from, to)| DrawnEdge {
                    from: (*from).to_owned(),
                    to: (*to).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn what_is_twice_or_leads_nowhere_is_not_drawn() {
        let mut twice = drawing(2, &[("0", "1"), ("0", "1"), ("1", "1"), ("1", "gone")]);
        twice.nodes.push(twice.nodes[0].clone());
        let graph = graph_of(twice);
        assert_eq!(graph.nodes.len(), 2);
        assert_eq!(graph.edges.len(), 1);
        assert_eq!(
            graph.nodes[0].title, "0",
            "a thing without a name has its id"
        );
    }

    #[test]
    fn thousands_of_things_are_drawn_up_to_a_number_and_counted() {
        let graph = graph_of(drawing(2_500, &[("0", "2400")]));
        assert_eq!(graph.nodes.len(), DRAWN);
        assert!(graph.edges.is_empty());
        assert_eq!(count(&graph, 2_500), "2500 things of one kind.");
        assert_eq!(count(&Graph::default(), 0), "There is nothing inside.");
    }
}
