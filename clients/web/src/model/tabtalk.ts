// What the tabs of one user say to each other. One of them leads: it holds the connection.

import type { Position, UploadOptions } from "natterjack";
import type { Link, LinkState, Listener } from "./link.ts";

/**
 * What a tab asks of the tab that leads, which answers. If that tab goes, the next leader is asked.
 */
export type Asked = "request" | "send" | "mediaURL" | "upload";

/**
 * What a tab tells the tab that leads, which does not answer. What is lost is told again by itself,
 * or is of no use.
 */
export type Told = "retry" | "discard" | "read" | "typing" | "hurry";

/** Is told how many bytes of an upload storage has. */
export type Progress = (stored: number, size: number) => void;

/** What holds as long as a tab is there. */
export interface Standing {
  watch: string[];
  follow: string[];
  present: "online" | "away" | "invisible";
}

/** What a leader tells all tabs: the name of a listener's function, and what it takes. */
export type News = { [K in keyof Listener]: { name: K; args: Parameters<Listener[K]> } }[keyof Listener];

/**
 * What one tab says to others. The tab that leads names itself in "by", because a tab that led
 * before may not know yet that another one leads.
 */
export type Talk =
  | { kind: "join"; tab: string } // a tab is new: who leads?
  | { kind: "ping" } // a tab wants to know whether the one that leads is alive
  | { kind: "here"; by: string } // the tab that leads is alive
  | { kind: "lead"; by: string; since: number; from: Position | undefined } // a tab leads from now on; events follow from there
  | { kind: "welcome"; by: string; since: number; tab: string; state: LinkState; at: Position | undefined; sends: Parameters<Listener["sent"]>[0][] }
  | { kind: "news"; by: string; news: News }
  | { kind: "state"; by: string; state: LinkState; at: Position | undefined }
  | { kind: "standing"; tab: string; standing: Standing }
  | { kind: "tell"; what: Told; args: unknown[] }
  | { kind: "ask"; tab: string; id: number; what: Asked; args: unknown[] }
  | { kind: "abort"; tab: string; id: number }
  | { kind: "progress"; tab: string; id: number; stored: number; size: number }
  | { kind: "answer"; tab: string; id: number; ok: true; value: unknown }
  | { kind: "answer"; tab: string; id: number; ok: false; error: { code?: string; name: string; message: string; retryAfterMs?: number } };

/** Joins what all tabs show. Of their states of presence the most visible counts. */
export function joined(all: Iterable<Standing>): Standing {
  const [watch, follow] = [new Set<string>(), new Set<string>()];
  let present: Standing["present"] = "invisible";
  for (const s of all) {
    s.watch.forEach((c) => watch.add(c));
    s.follow.forEach((u) => follow.add(u));
    if (s.present === "online" || (s.present === "away" && present === "invisible")) present = s.present;
  }
  return { watch: [...watch].slice(-20), follow: [...follow].slice(-200), present };
}

/** Does what a tab has asked for. The signal ends it. */
export async function perform(link: Link, what: Asked, args: unknown[], until: { signal: AbortSignal; progress?: Progress }): Promise<unknown> {
  if (what === "upload") {
    const [channel, file, options] = args as [string, Blob, UploadOptions];
    return await link.upload(channel, file, { ...options, ...until });
  }
  const more = what === "request" ? [{ signal: until.signal }] : [];
  return await (link[what] as (...args: unknown[]) => unknown).apply(link, [...args, ...more]);
}

/** Applies what a tab has told. */
export function apply(link: Link, what: Told, args: unknown[]): void {
  (link[what] as (...args: unknown[]) => void).apply(link, args);
}
