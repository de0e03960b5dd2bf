import type { PreviewView, Request, Response } from "../types";

type View = Response<"schedule.get">;
type Asked = (workflow: string, environment: string, inputs: View["inputs"]) => PreviewView;

const day = 24 * 3_600_000;
const name = "restart-each-night";

/** Two in the night that comes, as a computer in Berlin in winter sees it. */
function times(count: number): View["upcoming"] {
  const first = Math.ceil((Date.now() - 3_600_000) / day) * day + 3_600_000;
  return Array.from({ length: count }, (_, n) => {
    const at = first + n * day;
    const date = new Date(at);
    return { at, there: `${date.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" })} ${date.toISOString().slice(0, 10)} 02:00 (+01:00)`, note: null };
  });
}

/** Schedules of the fake host: one, with a night that was missed once it was switched on. */
export class FakeSchedules {
  private on: { by: string; since: number } | null = null;
  private missed = false;
  private history: View["history"] = [];
  private readonly made: View[] = [];

  constructor(private readonly there: boolean, private readonly changed: () => void, private readonly preview: Asked) {}

  list(): Response<"schedule.list"> {
    return { schedules: this.there ? [this.view(3), ...this.made] : this.made, watched: "here", sentence: "What is due is begun here, as long as this stays open.", problem: null };
  }

  get({ schedule, count }: Request<"schedule.get">): View {
    this.known(schedule);
    return this.view(count ?? 10);
  }

  when({ cron, time_zone }: Request<"schedule.when">): Response<"schedule.when"> {
    const cron_problem = cron.split(/\s+/).length === 5 ? null : "A cron expression has five fields.";
    const zone_problem = time_zone.includes("/") || time_zone === "UTC" ? null : `\`${time_zone}\` is no time zone of the IANA database.`;
    const right = cron_problem === null && zone_problem === null;
    return { words: right ? `${cron}, ${time_zone}` : "", upcoming: right ? times(3) : [], cron_problem, zone_problem };
  }

  create(request: Request<"schedule.create">): View {
    this.made.push({ ...this.view(10), ...request, name: `made-${this.made.length + 1}`, title: request.title || request.workflow, words: request.cron, missed: request.missed ?? "ask", state: "off", question: null, history: [], on_by: null, on_since: null } as View);
    this.changed();
    return this.made.at(-1) as View;
  }

  switchOn({ schedule, fingerprint }: Request<"schedule.on">): View {
    this.known(schedule);
    if (fingerprint !== this.view(1).fingerprint) throw { code: "POD0843", message: `The schedule \`${schedule}\`, or what it runs, has changed since you looked at it.`, hint: "Look at it again, and switch it on then.", retry: "permanent" };
    this.on = { by: "you", since: Date.now() };
    this.missed = true;
    this.changed();
    return this.view(10);
  }

  switchOff({ schedule }: Request<"schedule.off">): View {
    this.known(schedule);
    this.on = null;
    this.missed = false;
    this.changed();
    return this.view(10);
  }

  previewOf({ schedule }: Request<"schedule.preview">): PreviewView {
    this.known(schedule);
    const view = this.view(1);
    return this.preview(view.workflow, view.environment ?? "play", view.inputs);
  }

  leave({ schedule }: Request<"schedule.leave">): View {
    this.known(schedule);
    const { question } = this.view(1);
    if (!question) throw { code: "POD0844", message: `Nothing that \`${schedule}\` has missed waits for an answer.`, retry: "permanent" };
    this.missed = false;
    this.history = [{ due: question.due, there: question.there, at: Date.now(), missed: 0, what: "left", sentence: "Missed, and left by you.", run: null, run_state: null, error: null }, ...this.history];
    this.changed();
    return this.view(10);
  }

  private known(schedule: string): void {
    if (!this.there || schedule !== name) throw { code: "POD0840", message: `There is no schedule \`${schedule}\` in this workspace.`, retry: "permanent" };
  }

  private view(count: number): View {
    const upcoming = times(count);
    const next = upcoming[0]?.there ?? "";
    const last = (upcoming[0]?.at ?? 0) - day;
    const there = `last night 02:00 (+01:00)`;
    return {
      name, title: "Restart each night", file: `schedules/${name}.yaml`, workflow: "restart-shop", workflow_title: "Restart a shop", environment: "play", environment_title: "Play",
      inputs: {}, cron: "0 2 * * *", time_zone: "Europe/Berlin", words: "each day at 02:00, Europe/Berlin", missed: "ask", missed_words: "A time that was missed is asked about: run it then, or leave it.",
      state: this.on ? "on" : "off", sentence: this.on ? `Next: ${next}. On since today, by you.` : `Off on this computer. Its next time would be ${next}.`,
      promise: [`It runs \`Restart a shop\` in Play each day at 02:00, Europe/Berlin.`, `The next time is ${next}.`, "A time that was missed is asked about: run it then, or leave it.", "Nobody is asked at its time: the preview is made and the run begins."],
      fingerprint: "sha256:fake", type_name: false, approval: false, on_by: this.on?.by ?? null, on_since: this.on?.since ?? null, changed: [], upcoming,
      question: this.missed ? { first: last, due: last, there, count: 1, sentence: `Missed at ${there}. Run it now, or leave it?` } : null,
      history: this.history, diagnostics: [],
    };
  }
}
