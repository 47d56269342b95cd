import { validUser, type Mention } from "./wire.ts";

interface Person {
  user: string;
  name: string;
}

type Whom = Omit<Mention, "start" | "length">;

/**
 * Returns whom each word means. A name that several members have means none of them. A member's
 * name cannot take the meaning of another member's id, or of the words for all members.
 */
function meanings(members: readonly Person[]): Map<string, Whom> {
  const byWord = new Map<string, Whom>();
  const names = new Set<string>();
  for (const { user, name } of members) {
    if (name && !names.has(name)) byWord.set(`@${name}`, { kind: "user", user });
    else byWord.delete(`@${name}`);
    names.add(name);
  }
  for (const { user } of members) byWord.set(`@${user}`, { kind: "user", user });
  return byWord.set("@channel", { kind: "channel" }).set("@here", { kind: "here" });
}

/**
 * Returns the word that mentions a member. It is their name, or their id if the name means another
 * member or several members.
 */
export function wordFor({ user, name }: Person, members: readonly Person[]): string {
  return meanings(members).get(`@${name}`)?.user === user ? `@${name}` : `@${user}`;
}

/** Finds the mentions in a text: @ and a member's id or name, or a word for all members. */
export function mentionsIn(text: string, members: readonly Person[]): Mention[] {
  const byWord = meanings(members);
  const words = [...byWord.keys()].sort((a, b) => b.length - a.length); // the longest first
  const points = [...text];
  const found: Mention[] = [];
  for (let i = 0; i < points.length && found.length < 50; i++) {
    if (points[i] !== "@" || inWord(points[i - 1])) continue;
    const rest = points.slice(i, i + 130).join("");
    const word = words.find((w) => rest.startsWith(w) && !inName(rest.at(w.length)));
    if (!word) continue;
    const length = [...word].length;
    found.push({ ...byWord.get(word)!, start: i, length } as Mention);
    i += length - 1;
  }
  return found;
}

/** Returns what is typed after an @ before the caret, if a mention is begun there. */
export function begun(text: string, caret: number): { from: number; query: string } | undefined {
  const m = /(?:^|[^a-zA-Z0-9_@])@([^\s@]{0,40})$/u.exec(text.slice(0, caret));
  return m ? { from: caret - m[1]!.length - 1, query: m[1]! } : undefined;
}

/** Returns what is typed after a colon before the caret, if the name of an emoji is begun there. */
export function emojiBegun(text: string, caret: number): { from: number; query: string } | undefined {
  const m = /(?:^|\s):([a-zA-Z0-9_+\-\p{L}]{2,30})$/u.exec(text.slice(0, caret));
  return m ? { from: caret - m[1]!.length - 1, query: m[1]! } : undefined;
}

const inWord = (c: string | undefined): boolean => c !== undefined && /[a-zA-Z0-9_]/.test(c);
const inName = (c: string | undefined): boolean => c !== undefined && validUser(c);
