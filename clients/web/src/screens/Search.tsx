import "../style/searching.css";
import { useEffect, useRef } from "preact/hooks";
import { explain } from "../model/explain.ts";
import { pieces } from "../model/highlights.ts";
import { titleOf } from "../model/naming.ts";
import { pathOf, route } from "../model/route.ts";
import { keyOf, type Hit } from "../model/search.ts";
import { lineOf } from "../model/summary.ts";
import { isDirect } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { Name } from "../ui/Name.tsx";
import { whenNear } from "../ui/near.ts";
import { Radios } from "../ui/Radios.tsx";
import { Time } from "../ui/Time.tsx";
import { common } from "../words/common.ts";
import { langOf } from "../words/language.ts";
import { search as words } from "../words/search.ts";
import { Filters } from "./Filters.tsx";
import type { PaneProps } from "./Side.tsx";

/** Finds messages. The query stays visible, because filters only change its text. */
export function Search({ channel }: PaneProps) {
  const { search } = useSession();
  const list = useRef<HTMLUListElement>(null);
  const w = words();
  useEffect(() => {
    list.current?.querySelector(".here")?.scrollIntoView({ block: "center" });
  }, []);
  const down = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const all = [...(list.current?.querySelectorAll<HTMLElement>("a.hit") ?? [])];
    const i = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: all[i + 1], ArrowUp: all[i - 1] }[e.key];
    if (!to || (i < 0 && e.key === "ArrowUp")) return;
    e.preventDefault();
    to.focus();
  };
  return (
    <div class="search" onKeyDown={down}>
      <div class="pad">
        <Field />
        <Filters />
        <div class="ways">
          {channel && (
            <Radios
              label={w.where} value={search.here.value ? "here" : "all"} choices={[["here", w.here], ["all", w.everywhere]]}
              onChange={(to) => search.narrow(to === "here" ? channel : "")}
            />
          )}
          <Radios
            label={w.order} value={search.order.value === "relevance" ? "relevance" : "time"} choices={[["time", w.newest], ["relevance", w.relevance]]}
            onChange={(to) => search.sort(to)}
          />
        </div>
        <State />
      </div>
      <Results list={list} />
    </div>
  );
}

function Field() {
  const { search } = useSession();
  const field = useRef<HTMLInputElement>(null);
  const asked = search.asked.value;
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [asked]);
  const key = (e: KeyboardEvent) => {
    if (composing(e) || e.key !== "Enter") return;
    e.preventDefault();
    search.now();
  };
  return (
    <label class="field">
      <Icon name="search" small />
      <input
        ref={field} type="search" aria-label={words().field} autocomplete="off" spellcheck={false} enterkeyhint="search" maxLength={1000} dir="auto"
        value={search.query.value} onInput={(e) => search.write(e.currentTarget.value)} onKeyDown={key}
      />
    </label>
  );
}

/** Says how many messages were found, or why there are none. */
function State() {
  const { search } = useSession();
  const w = words();
  const fault = search.fault.value;
  const rebuilding = search.rebuilding.value;
  const n = search.count.value;
  const asked = search.query.value.trim();
  const hits = search.hits.value;
  return (
    <>
      {rebuilding && <p class="note soft rebuilding"><Icon name="timer" small />{w.rebuilding(Math.floor((100 * rebuilding.done) / Math.max(1, rebuilding.of)))}</p>}
      {fault && (
        <p class="fault" role="alert">
          <Icon name="triangle-alert" small /><span title={fault.message}>{explain(fault)}</span>
          <button class="button quiet small" type="button" onClick={() => search.now()}>{common().retry}</button>
        </p>
      )}
      <p class="note soft" role="status" aria-busy={search.loading.value}>
        {search.loading.value && !hits ? w.searching : hits && !fault && (hits.length === 0 && !search.more.value ? w.nothing(asked) : (search.atLeast.value ? w.about : w.count)(n))}
      </p>
      {!asked && <Tips />}
    </>
  );
}

function Tips() {
  return <dl class="facts tips">{words().tips.map(([query, means]) => <><dt><code>{query}</code></dt><dd>{means}</dd></>)}</dl>;
}

function Results({ list }: { list: { current: HTMLUListElement | null } }) {
  const session = useSession();
  const { search } = session;
  const w = words();
  const hits = search.hits.value ?? [];
  return (
    <ul ref={list} class="scroll rows" aria-label={w.results}>
      {hits.map((h) => <li key={keyOf(h)}><Found hit={h} /></li>)}
      {search.more.value && <More key={`more${hits.length}`} />}
    </ul>
  );
}

/** Reads the next page of results when it comes near the screen. */
function More() {
  const { search } = useSession();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => whenNear(button.current!, () => void search.goOn()), []);
  return <li><button ref={button} class="button quiet" type="button" onClick={() => void search.goOn()}>{words().more}</button></li>;
}

function Found({ hit: h }: { hit: Hit }) {
  const session = useSession();
  const { search, channels, people } = session;
  const here = search.current.value === keyOf(h);
  const to = { screen: "talk", channel: h.channel, seq: h.seq } as const;
  const jump = (e: MouseEvent) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const at = route.peek();
    const again = at.screen === "talk" && at.channel === h.channel && at.seq === h.seq;
    search.visit(h, matchMedia("(max-width: 44rem)").matches);
    if (again) void session.conversation(h.channel).jump(h.seq);
  };
  return (
    <a class={here ? "hit here" : "hit"} href={pathOf(to)} aria-current={here || undefined} onClick={jump}>
      <Face of={h.sender} name={people.name(h.sender)} size="tiny" />
      <span class="cut">
        <b><Name user={h.sender} own /></b>{" "}
        {!(isDirect(h.channel) && h.sender !== session.me) && <span class="soft"><bdi>{titleOf(channels.of(h.channel).value, people)}</bdi></span>}
      </span>
      <Time at={h.timestamp} list />
      <Excerpt hit={h} />
    </a>
  );
}

/**
 * Shows what was found, with its words marked: the text, and names, captions and contents of files.
 */
function Excerpt({ hit: h }: { hit: Hit }) {
  const { content } = h;
  const inText = h.highlights.filter((x) => !x.in);
  const files = [...new Set([...h.highlights.filter((x) => x.in).map((x) => x.attachment ?? 0), ...(h.excerpts ?? []).map((x) => x.attachment)])];
  const text = content.text.trim() ? content.text : files.length ? "" : lineOf(content);
  const offset = content.text.trim() ? inText : [];
  return (
    <>
      {text && <p dir="auto" lang={langOf(text)}><Marked text={text} highlights={offset} /></p>}
      {files.map((i) => {
        const a = content.attachments?.[i];
        const of = (kind: string) => h.highlights.filter((x) => x.in === kind && (x.attachment ?? 0) === i);
        if (!a) return null;
        return (
          <p key={i} class="in-file" dir="auto" lang={langOf(`${a.name} ${a.caption}`)}>
            <Icon name={a.kind === "image" ? "image" : "file-text"} small /> <Marked text={a.name ?? ""} highlights={of("name")} />
            {a.caption && <> · <Marked text={a.caption} highlights={of("caption")} /></>}
            {h.excerpts?.filter((x) => x.attachment === i).map((x) => <> · <Marked text={x.text} highlights={x.highlights} /></>)}
          </p>
        );
      })}
    </>
  );
}

function Marked({ text, highlights }: { text: string; highlights: readonly { start: number; length: number }[] }) {
  return <>{pieces(text, highlights).map((p) => (p.found ? <mark>{p.text}</mark> : p.text))}</>;
}
