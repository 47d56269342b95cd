import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { spansOf, textOf, type Span } from "../../../model/push/quiet.ts";
import { maxQuietSpans, notify, passesOf, withPass, type Pass } from "../../../model/push/names.ts";
import { useSession } from "../../../ui/context.ts";
import { useDoing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { Icon } from "../../../ui/Icon.tsx";
import { useUniqueId } from "../../../ui/useUniqueId.ts";
import { language } from "../../../words/language.ts";
import { push } from "../../../words/push.ts";

const hour = 3600_000;
const week = [1, 2, 3, 4, 5, 6, 0]; // in the order in which a person reads it

/** Sets when the user gets no notifications, and which ones they get all the same. */
export function When() {
  return (
    <>
      <Snooze />
      <Quiet />
      <Passes />
    </>
  );
}

type Length = "off" | "hour" | "four" | "morning" | "set";

function Snooze() {
  const { settings } = useSession();
  const doing = useDoing();
  const id = useUniqueId();
  const w = push();
  const until = Number(settings.of(notify.snooze).value);
  const now = useSignal(Date.now());
  useEffect(() => {
    now.value = Date.now();
    if (until <= Date.now()) return;
    const timer = setTimeout(() => (now.value = Date.now()), Math.min(until - Date.now() + 1000, 2 ** 31 - 1)); // then the text says that the pause is over
    return () => clearTimeout(timer);
  }, [until]);
  const paused = until > now.value;
  const choose = (length: Length) => {
    if (length === "set") return;
    void doing.run(() => settings.set(notify.snooze, length === "off" ? "" : String(untilOf(length))));
  };
  return (
    <div class="setting">
      <div><h3 id={id}>{w.snooze}</h3><p role="status">{paused ? w.snoozed(until) : w.snoozeNote}</p></div>
      <select class="button" name="snooze" aria-labelledby={id} value={paused ? "set" : "off"} disabled={doing.busy.value} onChange={(e) => choose(e.currentTarget.value as Length)}>
        {paused && <option value="set">{w.snoozes.set}</option>}
        <option value="off">{paused ? w.endSnooze : w.snoozes.off}</option>
        {(["hour", "four", "morning"] as const).map((length) => <option key={length} value={length}>{w.snoozes[length]}</option>)}
      </select>
      <Fault of={doing} />
    </div>
  );
}

function untilOf(length: "hour" | "four" | "morning"): number {
  if (length !== "morning") return Date.now() + (length === "hour" ? 1 : 4) * hour;
  const at = new Date();
  at.setDate(at.getDate() + 1);
  return at.setHours(8, 0, 0, 0);
}

function Quiet() {
  const { me, people, settings } = useSession();
  const doing = useDoing();
  const w = push();
  const value = settings.of(notify.quiet).value;
  const spans = spansOf(value);
  const set = (next: readonly Span[]) => void doing.run(() => settings.set(notify.quiet, textOf(next)));
  const change = (i: number, part: Partial<Span>) => set(spans.map((s, at) => (at === i ? { ...s, ...part } : s)));
  const zone = people.of(me).value.zone;
  return (
    <div class="setting-group">
      <h3>{w.quiet}</h3>
      <p class="note soft">{w.quietNote(zone ? zone.replaceAll("_", " ") : w.noZone)}</p>
      {spans.map((span, i) => (
        <QuietSpan key={i} span={span} n={i + 1} busy={doing.busy.value} onChange={(part) => change(i, part)} onRemove={() => set(spans.filter((_, at) => at !== i))} />
      ))}
      {spans.length < maxQuietSpans && (
        <p><button class="button" type="button" disabled={doing.busy.value} onClick={() => set([...spans, { days: [0, 1, 2, 3, 4, 5, 6], from: "22:00", to: "07:00" }])}><Icon name="plus" small />{w.addQuiet}</button></p>
      )}
      <Fault of={doing} />
    </div>
  );
}

interface QuietSpanProps {
  span: Span;
  n: number;
  busy: boolean;
  onChange: (part: Partial<Span>) => void;
  onRemove: () => void;
}

function QuietSpan({ span, n, busy, onChange, onRemove }: QuietSpanProps) {
  const w = push();
  const toggle = (day: number, on: boolean) => {
    const days = on ? [...span.days, day].sort((a, b) => a - b) : span.days.filter((d) => d !== day);
    if (days.length > 0) onChange({ days }); // a span without days is removed by its own button
  };
  const clock = (name: "from" | "to") => (
    <label class="label">{w[name]}
      <input class="field" type="time" required value={span[name]} disabled={busy} onChange={(e) => e.currentTarget.value && onChange({ [name]: e.currentTarget.value })} />
    </label>
  );
  return (
    <div class="quiet-span" role="group" aria-label={w.quietDays(n)}>
      <span class="choice days">
        {week.map((day) => (
          <label key={day}><input type="checkbox" aria-label={dayName(day, "long")} checked={span.days.includes(day)} disabled={busy} onChange={(e) => toggle(day, e.currentTarget.checked)} />{dayName(day, "short")}</label>
        ))}
      </span>
      <span class="clocks">
        {clock("from")}{clock("to")}
        {span.to <= span.from && <span class="note soft">{w.nextDay}</span>}
        <button class="tool push" type="button" aria-label={w.removeQuiet(n)} disabled={busy} onClick={onRemove}><Icon name="trash-2" /></button>
      </span>
    </div>
  );
}

/** Returns the name of a day of the week: 2026-11-01 was a Sunday. */
const dayName = (day: number, weekday: "short" | "long"): string => new Intl.DateTimeFormat(language.value, { weekday, timeZone: "UTC" }).format(Date.UTC(2026, 10, 1 + day));

function Passes() {
  const w = push();
  return (
    <div class="setting-group">
      <h3>{w.pass}</h3>
      <Passing name={notify.passQuiet} title={w.passQuiet} />
      <Passing name={notify.passMute} title={w.passMute} />
    </div>
  );
}

function Passing({ name, title }: { name: string; title: string }) {
  const { settings } = useSession();
  const doing = useDoing();
  const w = push();
  const value = settings.of(name).value;
  const set = (pass: Pass, on: boolean) => void doing.run(() => settings.set(name, withPass(value, pass, on)));
  return (
    <fieldset class="checks">
      <legend class="note soft">{title}</legend>
      {(["mentions", "keywords", "people"] as const).map((pass) => (
        <label key={pass}><input type="checkbox" checked={passesOf(value).includes(pass)} disabled={doing.busy.value} onChange={(e) => set(pass, e.currentTarget.checked)} />{w.passes[pass]}</label>
      ))}
      <Fault of={doing} />
    </fieldset>
  );
}
