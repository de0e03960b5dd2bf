/** How often, as people say it; all else is a cron expression. */
export type Often = "day" | "weekdays" | "week" | "month" | "cron";

export interface Rhythm { often: Often; time: string; weekday: string; monthday: string; cron: string }

/** The cron expression of a rhythm (minute, hour, day of the month, month, day of the week). */
export function cronOf({ often, time, weekday, monthday, cron }: Rhythm): string {
  const [hour, minute] = time.split(":").map(Number);
  const at = `${minute ?? 0} ${hour ?? 0}`;
  switch (often) {
    case "day": return `${at} * * *`;
    case "weekdays": return `${at} * * 1-5`;
    case "week": return `${at} * * ${weekday}`;
    case "month": return `${at} ${monthday} * *`;
    case "cron": return cron.trim();
  }
}
