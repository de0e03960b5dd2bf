import type { RunSummary } from "../../bridge/types";
import { Button, LinkButton } from "../../design/Button";
import { Pill, Skeleton } from "../../design/feedback";
import { MeaningIcon, meaningOfRun } from "../../design/meaning";
import { Near } from "../../design/Near";
import { homeWords } from "../../text/home";
import { words } from "../../text/words";
import { go, writeRoute } from "../../window/route";

/** What was deployed, newest first, with undo while it can be undone. */
export function MyThings({ runs }: { runs: RunSummary[] | undefined }) {
  if (!runs) return <Skeleton height={44} />;
  // What ran elsewhere made nothing here.
  const all = runs.filter((run) => !run.undoes && !run.recorded);
  const mine = all.slice(0, 8);
  if (mine.length === 0) return <p className="muted">{homeWords.nothingMine}</p>;
  return (
    <>
    <ul className="card things">
      {mine.map((run) => {
        const meaning = meaningOfRun(run);
        return (
          <li key={run.id} className="thing" data-testid={`thing-${run.id}`}>
            <Pill tone={meaning.tone} icon={<MeaningIcon meaning={meaning} size={14} />}>{meaning.word}</Pill>
            <span className="stack" style={{ gap: 0, minWidth: 0 }}><a className="ellipsis" style={{ color: "inherit", textDecoration: "none", fontWeight: 500 }} href={writeRoute({ screen: "run", run: run.id })} title={run.title}>{run.title}</a><span className="quiet small ellipsis" title={run.sentence}>{run.sentence.replaceAll("`", "")}</span></span>
            <span className="muted ellipsis">{homeWords.where} {run.environment}{run.mode === "real" ? null : <> · {(run.mode === "simulated" ? words.simulated : words.mixed).toLowerCase()}</>}</span>
            <span className="quiet small"><Near at={run.created_at} /></span>
            <span className="thing-end">
              {run.undo.possible ? <Button onPress={() => go({ screen: "undo", run: run.id })} data-leads="undo" data-testid={`undo-${run.id}`}>{homeWords.undo}</Button>
                : <Button look="quiet" onPress={() => go({ screen: "run", run: run.id })} data-leads="run">{run.ended_at === null ? homeWords.watch : homeWords.look}</Button>}
            </span>
          </li>
        );
      })}
    </ul>
    {all.length > mine.length ? <LinkButton onPress={() => go({ screen: "runs" })}>{homeWords.moreThings(all.length - mine.length)}</LinkButton> : null}
    </>
  );
}
