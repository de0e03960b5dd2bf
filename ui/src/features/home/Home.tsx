import "./home.css";
import { Plus, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { RunSummary, WorkflowTile } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Callout, Empty, ErrorCallout, Skeleton } from "../../design/feedback";
import { GraphPicture } from "../../design/Logo";
import { Near } from "../../design/Near";
import { overlay } from "../../design/page";
import { homeWords } from "../../text/home";
import { words } from "../../text/words";
import { go } from "../../window/route";
import { useNow } from "../../window/useNow";
import { MissedQuestion } from "../schedules/MissedQuestion";
import { MyThings } from "./MyThings";
import { Tile } from "./Tile";

const NewWorkflow = overlay(() => import("./NewWorkflow").then((m) => m.NewWorkflow));

/** Where an operator starts: what needs them, what they can deploy, what they deployed. */
export function Home() {
  const workflows = useQuery("workflow.list", {});
  const runs = useQuery("run.list", {});
  const [query, setQuery] = useState("");
  const [creating, setCreating] = useState(false);
  const mine = useMemo(() => (workflows.data ?? []).filter((w) => w.may_run), [workflows.data]);
  const others = (workflows.data?.length ?? 0) - mine.length;
  const groups = useMemo(() => byCategory(mine, query.trim().toLowerCase()), [mine, query]);
  const fresh = runs.data?.length === 0;
  // Who has never deployed anything is shown one place to begin.
  const first = fresh && !query ? groups[0]?.tiles.find((w) => w.problems === 0)?.name : undefined;

  return (
    <div className="page scroll">
      <div className="page-inner">
        <header className="page-head home-head">
          <h1 className="grow" data-testid="greeting">{greeting(runs.data)}</h1>
          <div className="input-wrap" style={{ width: "14rem" }}>
            <Search size={14} aria-hidden />
            <input className="input" type="search" placeholder={homeWords.search} aria-label={homeWords.search} value={query} onChange={(event) => setQuery(event.target.value)} />
          </div>
          <Button onPress={() => setCreating(true)} data-testid="new-workflow"><Plus size={16} aria-hidden />{homeWords.newWorkflow}</Button>
        </header>

        <Missed />
        <Expiring />
        {workflows.error ? <ErrorCallout error={workflows.error} retry={workflows.retry} retryLabel={words.tryAgain} /> : null}
        {workflows.loading && !workflows.data ? <Loading /> : null}
        {workflows.data?.length === 0 ? (
          <Empty picture={<GraphPicture />} title={homeWords.emptyTitle} actions={<Button look="primary" size="roomy" onPress={() => setCreating(true)}>{homeWords.newWorkflow}</Button>}>
            {homeWords.emptyBody}
          </Empty>
        ) : null}
        {first ? <FirstSteps /> : null}
        {mine.length > 0 && groups.length === 0 ? <p className="muted" role="status">{homeWords.noMatch(query)}</p> : null}
        {workflows.data?.length && mine.length === 0 ? <p className="muted">{homeWords.allForOthers}</p> : null}
        <div className="tile-groups">
        {groups.map((group) => (
          <section key={group.category} className="tile-group" data-alone={group.tiles.length === 1 || undefined} aria-label={group.category || homeWords.other}>
            {groups.length > 1 || group.category ? <h2 className="section-title" data-testid="category">{group.category || homeWords.other}</h2> : null}
            <div className="tiles">{group.tiles.map((workflow) => <Tile key={workflow.name} workflow={workflow} first={workflow.name === first} />)}</div>
          </section>
        ))}
        </div>
        {others > 0 && mine.length > 0 ? <p className="quiet small" data-testid="for-others">{homeWords.forOthers(others)}</p> : null}

        {workflows.data?.length ? (
          <section className="stack" style={{ gap: 12 }} aria-labelledby="mine">
            <h2 className="section-title" id="mine">{homeWords.mine}</h2>
            {runs.error ? <ErrorCallout error={runs.error} retry={runs.retry} /> : <MyThings runs={runs.data} />}
          </section>
        ) : null}
      </div>
      {creating ? <NewWorkflow onClose={() => setCreating(false)} /> : null}
    </div>
  );
}

/** Tiles under their headings, in the order in which the workspace has them; those without one come last. */
function byCategory(tiles: WorkflowTile[], wanted: string): { category: string; tiles: WorkflowTile[] }[] {
  const groups = new Map<string, WorkflowTile[]>();
  for (const tile of tiles) {
    if (wanted && !`${tile.title} ${tile.description} ${tile.category}`.toLowerCase().includes(wanted)) continue;
    groups.set(tile.category, [...(groups.get(tile.category) ?? []), tile]);
  }
  return [...groups].map(([category, list]) => ({ category, tiles: list })).toSorted((a, b) => Number(a.category === "") - Number(b.category === ""));
}

/** Three sentences for the first minute; gone once something was deployed. */
function FirstSteps() {
  return (
    <ol className="first-steps" data-testid="first-steps" aria-label={homeWords.first.label}>
      {homeWords.first.steps.map(([title, body], at) => <li key={title}><span className="first-number" aria-hidden>{at + 1}</span><span><strong>{title}</strong><span className="muted">{body}</span></span></li>)}
    </ol>
  );
}

/** Times of schedules that were missed, and of which a person decides. */
function Missed() {
  const asked = (useQuery("schedule.list", {}).data?.schedules ?? []).filter((schedule) => schedule.question !== null);
  return asked.map((schedule) => <MissedQuestion key={schedule.name} schedule={schedule} named />);
}

/** Sign-ins that have ended, or end soon: told before a deployment stumbles over them. */
function Expiring() {
  const now = useNow();
  const soon = (useQuery("credential.list", {}).data ?? []).filter((credential) => {
    const at = credential.tested?.identity?.expires;
    return credential.used_in.length > 0 && at !== undefined && Date.parse(at) - now < 3_600_000;
  });
  if (soon.length === 0) return null;
  return (
    <Callout tone="wait" testId="expiring" title={homeWords.expiring(soon.length)} actions={<Button onPress={() => go({ screen: "credentials", ...(soon.length === 1 && soon[0] ? { name: soon[0].name } : {}) })}>{homeWords.seeCredentials}</Button>}>
      {soon.map((credential) => <span key={credential.name} className="row" style={{ gap: 6 }}><strong>{credential.name}</strong>{Date.parse(credential.tested?.identity?.expires ?? "") < now ? homeWords.expired : <Near at={credential.tested?.identity?.expires ?? ""} />}</span>)}
    </Callout>
  );
}

function greeting(runs: RunSummary[] | undefined): string {
  const waits = runs?.filter((run) => run.state === "waiting").length ?? 0;
  if (waits > 0) return homeWords.waits(waits);
  const busy = runs?.filter((run) => run.state === "running").length ?? 0;
  if (busy > 0) return homeWords.running(busy);
  // What went wrong last and still stands so is the first thing to know.
  const newest = runs?.find((run) => !run.undoes);
  if (newest?.state === "failed" && newest.undone_by === null) return homeWords.failed(newest.title);
  return homeWords.nothing;
}

function Loading() {
  return (
    <div className="tiles" aria-busy>
      {[0, 1, 2].map((n) => <div key={n} className="card tile"><Skeleton width={28} height={28} /><Skeleton width="70%" /><Skeleton /><Skeleton width="50%" /></div>)}
    </div>
  );
}
