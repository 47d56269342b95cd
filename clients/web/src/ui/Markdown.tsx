import { signal } from "@preact/signals";
import type { Token, Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { part } from "../model/parts.ts";
import { pathOf } from "../model/route.ts";
import { directChannel, type Content, type Mention } from "../model/wire.ts";
import { langOf } from "../words/language.ts";
import type { parse as Parse } from "./parse.ts";

// A message becomes elements by a list of what is allowed. No text ever becomes markup. What is not
// on the list is shown as it was written.

/**
 * The parser is loaded beside the first messages. Until it is there, texts are shown as written.
 */
const parser = signal<{ parse: typeof Parse } | undefined>(undefined);
void part(() => import("./parse.ts")).then((m) => (parser.value = m));

const parsed = new WeakMap<Content, readonly Token[]>();
const plain = /^[^\\`*_[\]#+\-.!<>~|&:\n@\ue000\ue001]*$/;

interface MarkdownProps {
  content: Content;
  me: string;
  name: (user: string) => string;
}

/** Shows the text of a message. */
export function Markdown({ content, me, name }: MarkdownProps) {
  const lang = langOf(content.text) ?? "und"; // other texts must not take the fonts of a Japanese interface
  if (plain.test(content.text)) return <p class="text" dir="auto" lang={lang}>{content.text}</p>;
  const loaded = parser.value;
  if (!loaded) return <p class="text as-written" dir="auto" lang={lang}>{content.text}</p>;
  const shown: Shown = { mentions: content.mentions ?? [], me, name };
  return (
    <div class="texts" lang={lang}>
      {blocks(tokensOf(content, loaded.parse), shown)}
    </div>
  );
}

interface Shown {
  mentions: readonly Mention[];
  me: string;
  name: (user: string) => string;
}

function tokensOf(content: Content, parse: typeof Parse): readonly Token[] {
  let tokens = parsed.get(content);
  if (!tokens) {
    tokens = parse(marked(content));
    parsed.set(content, tokens);
  }
  return tokens;
}

/**
 * Returns the text with each mention replaced by its number between two characters that no person
 * writes, so that Markdown leaves it alone.
 */
function marked({ text, mentions = [] }: Content): string {
  const points = [...text];
  const clean = (from: number, to: number) => points.slice(from, to).join("").replace(/[\ue000\ue001]/g, "\ufffd");
  let [out, at] = ["", 0];
  mentions.forEach((m, i) => {
    out += `${clean(at, m.start)}\ue000${i}\ue001`;
    at = m.start + m.length;
  });
  return out + clean(at, points.length);
}

function blocks(tokens: readonly Token[], s: Shown): ComponentChildren {
  return tokens.map((t) => block(t, s));
}

function block(t: Token, s: Shown): ComponentChildren {
  switch (t.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p class="text" dir="auto">{inlines((t as Tokens.Paragraph).tokens, s)}</p>;
    case "text":
      return <span dir="auto">{inlines((t as Tokens.Text).tokens ?? [t], s)}</span>;
    case "heading": // a message has no sections, so it is only emphasised
      return <p class="text" dir="auto"><strong>{inlines((t as Tokens.Heading).tokens, s)}</strong></p>;
    case "code":
      return <pre class="text" tabIndex={0}><code dir="ltr">{(t as Tokens.Code).text}</code></pre>;
    case "blockquote":
      return <blockquote class="text">{blocks((t as Tokens.Blockquote).tokens, s)}</blockquote>;
    case "list":
      return list(t as Tokens.List, s);
    case "hr":
      return <hr />;
    case "table":
      return table(t as Tokens.Table, s);
    default:
      return <p class="text" dir="auto">{texts(t.raw.trimEnd(), s)}</p>;
  }
}

function list(t: Tokens.List, s: Shown): ComponentChildren {
  const items = t.items.map((i) => (
    <li dir="auto">
      {i.task && <span aria-hidden="true">{i.checked ? "☑ " : "☐ "}</span>}
      {blocks(i.tokens.filter((x) => x.type !== "checkbox"), s)}
    </li>
  ));
  return t.ordered ? <ol class="text" start={Number(t.start) || 1}>{items}</ol> : <ul class="text">{items}</ul>;
}

function table(t: Tokens.Table, s: Shown): ComponentChildren {
  return (
    <div class="text wide-table" tabIndex={0}>
      <table>
        <thead><tr>{t.header.map((c) => <th scope="col">{inlines(c.tokens, s)}</th>)}</tr></thead>
        <tbody>{t.rows.map((r) => <tr>{r.map((c) => <td>{inlines(c.tokens, s)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function inlines(tokens: readonly Token[], s: Shown): ComponentChildren {
  return tokens.map((t) => inline(t, s));
}

function inline(t: Token, s: Shown): ComponentChildren {
  switch (t.type) {
    case "text":
    case "escape":
      return texts((t as Tokens.Text).text, s);
    case "strong":
      return <strong>{inlines((t as Tokens.Strong).tokens, s)}</strong>;
    case "em":
      return <em>{inlines((t as Tokens.Em).tokens, s)}</em>;
    case "del":
      return <del>{inlines((t as Tokens.Del).tokens, s)}</del>;
    case "codespan":
      return <code dir="ltr">{texts((t as Tokens.Codespan).text, s)}</code>;
    case "br":
      return <br />;
    case "link":
      return link(t as Tokens.Link, s);
    default: // a picture would tell its server which user reads it; HTML is shown as text
      return texts(t.raw, s);
  }
}


function link(t: Tokens.Link, s: Shown): ComponentChildren {
  const href = safe(t.href);
  if (!href) return texts(t.raw, s);
  const text = inlines(t.tokens, s);
  const local = href.startsWith(location.origin + "/c/");
  if (local) return <a href={href} data-local>{text}</a>;
  return <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">{text}</a>;
}

/** Admits addresses of the web and of mail, and nothing that runs. */
function safe(href: string): string | undefined {
  try {
    const url = new URL(href);
    return ["https:", "http:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function texts(text: string, s: Shown): ComponentChildren {
  if (!text.includes("\ue000")) return text;
  return text.split(/\ue000(\d+)\ue001/).map((part, i) => (i % 2 ? mention(s.mentions[Number(part)], s) : part));
}

function mention(m: Mention | undefined, s: Shown): ComponentChildren {
  if (!m) return null;
  if (m.kind !== "user" || !m.user) return <span class="mention self">@{m.kind}</span>;
  const { user } = m;
  const href = pathOf({ screen: "talk", channel: directChannel(s.me, user) });
  return (
    <a class={user === s.me ? "mention self" : "mention"} href={href} data-local data-person={user}>
      @<bdi>{s.name(user)}</bdi>
    </a>
  );
}
