// Quiet hours, as the setting notify/quiet has them: "mon-fri 22:00-07:00; sat,sun 23:00-09:00".

/**
 * A time of quiet that begins on some days. If it ends at or before its beginning, it ends on the
 * next day.
 */
export interface Span {
  /** Days of the week, ascending, from 0, which is Sunday. */
  days: readonly number[];
  from: string;
  to: string;
}

const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Reads the setting. A span that it cannot read is left out. */
export function spansOf(value: string): Span[] {
  const spans: Span[] = [];
  for (const part of value.split(";")) {
    const [, days = "", from = "", to = ""] = /^\s*(\S+) (\d\d:\d\d)-(\d\d:\d\d)\s*$/.exec(part) ?? [];
    const known = daysOf(days);
    if (known.length > 0) spans.push({ days: known, from, to });
  }
  return spans;
}

function daysOf(text: string): number[] {
  if (text === "daily") return [0, 1, 2, 3, 4, 5, 6];
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first = "", last = first] = part.split("-");
    const [from, to] = [names.indexOf(first), names.indexOf(last)];
    if (from < 0 || to < 0) return [];
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** Writes the setting; "" if there is no quiet. */
export function textOf(spans: readonly Span[]): string {
  return spans.filter((s) => s.days.length > 0).map((s) => `${textOfDays(s.days)} ${s.from}-${s.to}`).join("; ");
}

/**
 * Writes days with as few words as a person would: mon-fri, or mon-wed,sat. The week begins on
 * Monday.
 */
function textOfDays(days: readonly number[]): string {
  if (days.length === 7) return "daily";
  const week = [...days].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
  const runs: number[][] = [];
  for (const day of week) {
    const run = runs.at(-1);
    if (run && (run.at(-1)! + 1) % 7 === day) run.push(day);
    else runs.push([day]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [`${names[run[0]!]}-${names[run.at(-1)!]}`] : run.map((d) => names[d]!))).join(",");
}
