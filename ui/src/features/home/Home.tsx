import "./home.css";
import { Plus, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { RunSummary } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Empty, ErrorCallout, Skeleton } from "../../design/feedback";
import { GraphPicture } from "../../design/Logo";
import { homeWords } from "../../text/home";
import { words } from "../../text/words";
import { MyThings } from "./MyThings";
import { NewWorkflow } from "./NewWorkflow";
import { Tile } from "./Tile";

/** Where an operator starts: what needs them, what they can deploy, what they deployed. */
export function Home() {
  const workflows = useQuery("workflow.list", {});
  const runs = useQuery("run.list", {});
  const [query, setQuery] = useState("");
  const [creating, setCreating] = useState(false);
  const shown = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return (workflows.data ?? []).filter((w) => !wanted || `${w.title} ${w.description}`.toLowerCase().includes(wanted));
  }, [workflows.data, query]);

  return (
    <div className="page scroll">
      <div className="page-inner">
        <header className="page-head home-head">
          <h1 className="grow" data-testid="greeting">{greeting(runs.data)}</h1>
          <div className="input-wrap" style={{ width: 220 }}>
            <Search size={14} aria-hidden />
            <input className="input" type="search" placeholder={homeWords.search} aria-label={homeWords.search} value={query} onChange={(event) => setQuery(event.target.value)} />
          </div>
          <Button onPress={() => setCreating(true)} data-testid="new-workflow"><Plus size={16} aria-hidden />{homeWords.newWorkflow}</Button>
        </header>

        {workflows.error ? <ErrorCallout error={workflows.error} retry={workflows.retry} retryLabel={words.tryAgain} /> : null}
        {workflows.loading && !workflows.data ? <Loading /> : null}
        {workflows.data?.length === 0 ? (
          <Empty picture={<GraphPicture />} title={homeWords.emptyTitle} actions={<Button look="primary" size="roomy" onPress={() => setCreating(true)}>{homeWords.newWorkflow}</Button>}>
            {homeWords.emptyBody}
          </Empty>
        ) : null}
        {workflows.data?.length && shown.length === 0 ? <p className="muted">{homeWords.noMatch(query)}</p> : null}
        <div className="tiles">{shown.map((workflow) => <Tile key={workflow.name} workflow={workflow} />)}</div>

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

function greeting(runs: RunSummary[] | undefined): string {
  const waits = runs?.filter((run) => run.state === "waiting").length ?? 0;
  if (waits > 0) return homeWords.waits(waits);
  const busy = runs?.filter((run) => run.state === "running").length ?? 0;
  if (busy > 0) return homeWords.running(busy);
  return homeWords.nothing;
}

function Loading() {
  return (
    <div className="tiles" aria-busy>
      {[0, 1, 2].map((n) => <div key={n} className="card tile"><Skeleton width={28} height={28} /><Skeleton width="70%" /><Skeleton /><Skeleton width="50%" /></div>)}
    </div>
  );
}
