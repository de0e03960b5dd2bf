import { useQuery } from "../../bridge/queries";
import { runsWords } from "../../text/runs";
import { scheduleWords } from "../../text/schedules";
import { writeRoute } from "../../window/route";

/** What has run, and what will run again: two pages of one place. */
export function RunsTabs({ here }: { here: "runs" | "schedules" }) {
  const missed = useQuery("schedule.list", {}).data?.schedules.some((schedule) => schedule.question !== null) ?? false;
  const tabs = [{ screen: "runs" as const, label: runsWords.title }, { screen: "schedules" as const, label: scheduleWords.title }];
  return (
    <nav className="page-tabs grow" aria-label={runsWords.place}>
      {tabs.map(({ screen, label }) => screen === here ? <h1 key={screen} aria-current="page">{label}</h1>
        : <a key={screen} href={writeRoute({ screen })} data-testid={`tab-${screen}`}>{label}{screen === "schedules" && missed ? <span className="page-tab-dot" role="img" aria-label={scheduleWords.missedMark} /> : null}</a>)}
    </nav>
  );
}
