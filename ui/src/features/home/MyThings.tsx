import type { RunSummary } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Pill, Skeleton } from "../../design/feedback";
import { MeaningIcon, runMeaning } from "../../design/meaning";
import { Near } from "../../design/Near";
import { homeWords } from "../../text/home";
import { words } from "../../text/words";
import { go, writeRoute } from "../../window/route";

/** What was deployed, newest first, with undo while it can be undone. */
export function MyThings({ runs }: { runs: RunSummary[] | undefined }) {
  if (!runs) return <Skeleton height={44} />;
  const mine = runs.filter((run) => !run.undo_of).slice(0, 12);
  if (mine.length === 0) return <p className="muted">{homeWords.nothingMine}</p>;
  return (
    <ul className="card things">
      {mine.map((run) => {
        const meaning = runMeaning[run.state];
        return (
          <li key={run.run} className="thing" data-testid={`thing-${run.run}`}>
            <Pill tone={meaning.tone} icon={<MeaningIcon meaning={meaning} size={14} />}>{meaning.word}</Pill>
            <a className="ellipsis" style={{ color: "inherit", textDecoration: "none", fontWeight: 500 }} href={writeRoute({ screen: "run", run: run.run })} title={run.name}>{run.name}</a>
            <span className="muted ellipsis">{homeWords.where} {run.environment}{run.mode === "simulated" ? <> · {words.simulated.toLowerCase()}</> : null}</span>
            <span className="quiet small"><Near at={run.started_at} /></span>
            <span className="thing-end">
              {run.can_undo ? <Button onPress={() => go({ screen: "undo", run: run.run })} data-testid={`undo-${run.run}`}>{homeWords.undo}</Button>
                : <Button look="quiet" onPress={() => go({ screen: "run", run: run.run })}>{run.state === "running" || run.state === "waiting" ? homeWords.watch : homeWords.look}</Button>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
