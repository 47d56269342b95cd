import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../model/channels.ts";
import { rank } from "../model/matching.ts";
import { titleOf } from "../model/naming.ts";
import { go, pathOf } from "../model/route.ts";
import { directChannel, isDirect, partnerIn, validUser } from "../model/wire.ts";
import { afterPaint } from "../ui/afterpaint.ts";
import { useSession } from "../ui/context.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { composing } from "../ui/keys.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { langOf } from "../words/language.ts";
import { list } from "../words/list.ts";
import { openNewGroup } from "./shortcuts.tsx";

const most = 8; // results in each part
const pause = 60; // milliseconds between a key and the question

interface Found {
  key: string;
  channel?: string;
  act?: () => void;
  title: string;
  note?: string;
  badge?: number;
  icon?: IconName;
}

/** Finds people and groups by a part of their name. */
export function Finder() {
  const session = useSession();
  const close = useClose();
  const query = useSignal("");
  const at = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const w = list();
  const further = useSignal<{ query: string; found: Found[] }>({ query: "", found: [] }); // results from the server
  const drawn = useSignal(false); // results are drawn once the dialog is on the screen
  useEffect(() => field.current?.focus(), []);
  useEffect(() => afterPaint(() => (drawn.value = true)), []);
  useSignalEffect(() => {
    const q = query.value.trim();
    if (!q) return;
    const timer = setTimeout(() => void ask(q), pause);
    return () => clearTimeout(timer);
  });

  /**
   * Asks the server, which knows all names and their readings. A newer question ends an older one.
   */
  async function ask(q: string): Promise<void> {
    const reply = await session.link.request("find", { query: q, limit: most }).catch(() => undefined);
    if (!reply || query.peek().trim() !== q) return;
    const people = reply.people.map((p): Found => {
      const channel = directChannel(session.me, p.user);
      return { key: channel, channel, title: p.name || p.user, note: p.name ? `@${p.user}` : "" };
    });
    const groups = reply.channels.map((c): Found => ({ key: c.channel, channel: c.channel, title: c.name }));
    further.value = { query: q, found: [...people, ...groups] };
  }

  const parts = useComputed(() => search(query.value.trim()));
  const all = useComputed(() => parts.value.flatMap((p) => p.found));

  function search(q: string): { title: string; found: Found[] }[] {
    const channels = ranked(q);
    const also = further.value.query === q ? further.value.found.filter((f) => !channels.some((c) => c.id === f.channel)) : [];
    const both = (direct: boolean) =>
      [...channels.filter((c) => isDirect(c.id) === direct).slice(0, most).map(found), ...also.filter((f) => isDirect(f.channel!) === direct)].slice(0, most);
    const [people, groups] = [both(true), both(false)];
    const name = q.replace(/^@/, "").toLowerCase();
    const known = people.some((p) => partnerIn(p.channel!, session.me) === name);
    if (validUser(name) && !known) {
      people.push({ key: "new", channel: directChannel(session.me, name), title: w.startWith(name) });
    }
    const more: Found[] = [{ key: "group", act: () => void openNewGroup(), title: w.newGroup }];
    return [
      { title: w.people, found: people },
      { title: w.groups, found: q ? groups : [...groups, ...more] },
      { title: w.messages, found: q ? [{ key: "search", icon: "text-search" as const, act: () => session.search.open("", q), title: w.searchAll(q) }] : [] },
    ].filter((p) => p.found.length > 0);
  }

  function ranked(q: string): Channel[] {
    const listed = session.channels.listed();
    if (!q) return listed;
    const scored = listed.map((c) => ({ c, r: rank(q.replace(/^@/, ""), titleOf(c, session.people), partnerIn(c.id, session.me) ?? "") }));
    return scored.filter((s) => s.r < Infinity).sort((a, b) => a.r - b.r).map((s) => s.c);
  }

  function found(c: Channel): Found {
    const title = titleOf(c, session.people);
    const partner = partnerIn(c.id, session.me);
    const note = partner === undefined ? w.members(c.member_count) : partner === title ? "" : `@${partner}`;
    return { key: c.id, channel: c.id, title, note, badge: c.unread };
  }

  const choose = (f: Found | undefined, newTab = false) => {
    if (!f) return;
    if (f.channel && newTab) return void open(pathOf({ screen: "talk", channel: f.channel }), "_blank", "noopener");
    close();
    if (f.act) f.act();
    else go({ screen: "talk", channel: f.channel! });
  };
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const n = Math.max(1, all.value.length);
    if (e.key === "ArrowDown") at.value = (at.value + 1) % n;
    else if (e.key === "ArrowUp") at.value = (at.value + n - 1) % n;
    else if (e.key === "Enter") choose(all.value[at.value], e.ctrlKey || e.metaKey);
    else return;
    e.preventDefault();
    document.getElementById(`found${at.value}`)?.scrollIntoView({ block: "nearest" });
  };

  let i = 0;
  return (
    <Dialog label={w.finder} class="finder">
      <label class="ask">
        <Icon name="search" />
        <input
          ref={field} aria-label={w.finderField} role="combobox" aria-expanded aria-controls="found" aria-activedescendant={`found${at.value}`}
          autocomplete="off" spellcheck={false} onInput={(e) => { query.value = e.currentTarget.value; at.value = 0; }} onKeyDown={key}
        />
        <kbd class="wide-only">Esc</kbd>
      </label>
      <div class="scroll" id="found" role="listbox" aria-label={w.found}>
        {drawn.value && parts.value.map((p) => (
          <div key={p.title} role="group" aria-label={p.title}>
            <p class="group-name" aria-hidden="true">{p.title}</p>
            {p.found.map((f) => {
              const n = i++;
              return <Option key={f.key} n={n} found={f} selected={n === at.value} onChoose={(tab) => choose(f, tab)} onPoint={() => (at.value = n)} />;
            })}
          </div>
        ))}
        {drawn.value && all.value.length === 0 && <p class="item soft" role="option" aria-selected="false" aria-disabled="true">{w.nothing(query.value)}</p>}
      </div>
      <p class="keys wide-only" aria-hidden="true">
        <span><kbd>↑</kbd> <kbd>↓</kbd> {w.choose}</span><span><kbd>Enter</kbd> {w.openIt}</span><span><kbd>Ctrl Enter</kbd> {w.newTab}</span>
      </p>
    </Dialog>
  );
}

interface OptionProps {
  n: number;
  found: Found;
  selected: boolean;
  onChoose: (newTab: boolean) => void;
  onPoint: () => void;
}

function Option({ n, found: f, selected, onChoose, onPoint }: OptionProps) {
  const { channels } = useSession();
  const c = f.channel ? channels.of(f.channel).value : undefined;
  return (
    <div id={`found${n}`} role="option" aria-selected={selected} onClick={(e) => onChoose(e.ctrlKey || e.metaKey)} onPointerMove={onPoint}>
      {c && (c.exists || isDirect(c.id)) ? <ChannelFace channel={c} size="tiny" /> : c ? <Face of={c.id} name={f.title} shape="group" size="tiny" /> : <Icon name={f.icon ?? "users"} />}
      <span class="cut" lang={langOf(f.title)}><bdi>{f.title}</bdi></span>
      {f.note && <span class="soft note cut">{f.note}</span>}
      {f.badge ? <span class="badge push">{f.badge > 99 ? "99+" : f.badge}<span class="sr"> {list().unread(f.badge)}</span></span> : selected && <kbd class="push wide-only">Enter</kbd>}
    </div>
  );
}
