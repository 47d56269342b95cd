import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { titleOf } from "../../../model/naming.ts";
import { maxKeywordLen, maxKeywords, notify } from "../../../model/push/names.ts";
import { pathOf } from "../../../model/route.ts";
import { Choice } from "../../../ui/Choice.tsx";
import { useSession } from "../../../ui/context.ts";
import { useDoing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { PeopleField } from "../../../ui/PeopleField.tsx";
import { Switch } from "../../../ui/Switch.tsx";
import { say } from "../../../ui/announce.ts";
import { common } from "../../../words/common.ts";
import { push } from "../../../words/push.ts";
import { settings as settingsWords } from "../../../words/settings.ts";

type Level = "all" | "mentions" | "none";

/** Sets which messages the user is notified of. */
export function Which() {
  const { settings } = useSession();
  const doing = useDoing();
  const w = push();
  const set = (name: string, value: string) => void doing.run(() => settings.set(name, value));
  return (
    <>
      <Choice<Level>
        title={w.level} note={w.levelNote} value={(settings.of(notify.level).value || "all") as Level} onChange={(v) => set(notify.level, v === "all" ? "" : v)}
        choices={[["all", w.levels.all], ["mentions", w.levels.mentions], ["none", w.levels.none]]}
      />
      <OwnLevels />
      <Switch title={w.byName} note={w.byNameNote} on={settings.of(notify.byName).value !== ""} onChange={(on) => set(notify.byName, on ? "1" : "")} />
      <Keywords />
      <People />
      <Fault of={doing} />
    </>
  );
}

/**
 * Shows the channels that have a level of their own. Each leads to the place where the level is
 * set.
 */
function OwnLevels() {
  const { settings, channels, people } = useSession();
  const w = push();
  const prefix = notify.levelOf("");
  const own = settings.names(prefix).map((name) => name.slice(prefix.length));
  useEffect(() => {
    for (const id of own) if (!channels.of(id).peek().exists) void channels.refresh(id);
  }, [own.join()]);
  if (own.length === 0) return null;
  return (
    <div class="setting-group">
      <h3>{w.ownLevels}</h3>
      <ul>
        {own.map((id) => (
          <li key={id}><a class="item" data-local href={pathOf({ screen: "talk", channel: id })}><bdi class="cut">{titleOf(channels.of(id).value, people)}</bdi><span class="soft push">{w.levels[settings.of(notify.levelOf(id)).value as Level]}</span></a></li>
        ))}
      </ul>
    </div>
  );
}

function Keywords() {
  const { settings } = useSession();
  const doing = useDoing();
  const given = useSignal<string | undefined>(undefined);
  const w = push();
  const now = settings.of(notify.keywords).value;
  const save = async (e: Event) => {
    e.preventDefault();
    const words = [...new Set(given.peek()!.split("\n").map((word) => word.trim()).filter(Boolean))];
    const long = words.find((word) => [...word].length > maxKeywordLen);
    if (long) return doing.fail(w.keywordTooLong(long, maxKeywordLen));
    if (words.length > maxKeywords) return doing.fail(w.tooManyKeywords(maxKeywords));
    if (!(await doing.run(() => settings.set(notify.keywords, words.join("\n"))))) return;
    given.value = undefined;
    say(settingsWords().saved);
  };
  return (
    <form class="stack setting-form" onSubmit={(e) => void save(e)}>
      <label class="label">{w.keywords}
        <textarea class="field area" name="keywords" rows={3} value={given.value ?? now} onInput={(e) => (given.value = e.currentTarget.value)} />
      </label>
      <p class="note soft">{w.keywordsNote(maxKeywords)}</p>
      <Fault of={doing} />
      {given.value !== undefined && given.value !== now && (
        <p class="choices"><button class="button" type="button" onClick={() => (given.value = undefined)}>{common().cancel}</button><button class="button main" disabled={doing.busy.value}>{common().save}</button></p>
      )}
    </form>
  );
}

function People() {
  const { settings } = useSession();
  const doing = useDoing();
  const prefix = notify.person("");
  const now = settings.names(prefix).map((name) => name.slice(prefix.length)).sort();
  const chosen = useSignal<readonly string[]>(now);
  useEffect(() => void (chosen.value = now), [now.join()]); // another device may change them
  useEffect(() => {
    const [added, removed] = [chosen.peek().filter((u) => !now.includes(u)), now.filter((u) => !chosen.peek().includes(u))];
    if (added.length + removed.length === 0) return;
    void doing.run(async () => {
      for (const user of added) await settings.set(notify.person(user), "1");
      for (const user of removed) await settings.set(notify.person(user), "");
    }).then((done) => done || (chosen.value = now));
  }, [chosen.value]);
  return (
    <div class="setting-form">
      <PeopleField chosen={chosen} label={push().people} />
      <Fault of={doing} />
    </div>
  );
}
