import type { Pending } from "./outbox.ts";
import type { Event, Message } from "./wire.ts";
import type { Happened } from "./within.ts";
import { sameDay } from "../words/format.ts";

const together = 5 * 60_000; // messages of one sender within this time form a run

/** A row of the log. Its key stays the same for as long as it is the same thing. */
export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "unread"; key: string; count: number }
  | { kind: "note"; key: string; event: Event }
  | { kind: "gap"; key: string }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean }
  | { kind: "pending"; key: string; pending: Pending; first: boolean; last: boolean };

/** What rows are made of. */
export interface Material {
  me: string;
  messages: readonly Message[];
  notes: readonly Happened[];
  /** Messages that are not stored yet. They stand behind the newest message, if that is loaded. */
  pending: readonly Pending[];
  divider: { after: number; count: number } | undefined;
}

/** Lays out a conversation: runs of messages, days, the unread divider, what happened between. */
export function rowsOf({ me, messages, notes, pending, divider }: Material): Row[] {
  const rows: Row[] = [];
  const shown = notes.filter((e) => e.cut || worthShowing(e));
  let note = 0;
  let before: { sender: string; at: number } | undefined;
  let divided = !divider || (messages[0]?.seq ?? 0) > divider.after + 1; // or its place is not loaded
  const day = (at: number) => {
    if (before && sameDay(before.at, at)) return;
    rows.push({ kind: "day", key: `d${new Date(at).toDateString()}`, at });
    before = undefined;
  };
  const noted = (until: number) => {
    for (; note < shown.length && (shown[note]!.last ?? 0) < until; note++) {
      const event = shown[note]!;
      day(event.timestamp);
      if (event.cut) rows.push({ kind: "gap", key: `g${event.version}` });
      if (worthShowing(event)) rows.push({ kind: "note", key: `n${event.version}`, event });
      before = { sender: "", at: event.timestamp };
    }
  };
  for (const message of messages) {
    noted(message.seq);
    day(message.timestamp);
    if (!divided && message.seq > divider!.after) {
      divided = true;
      rows.push({ kind: "unread", key: "u", count: divider!.count });
      before = undefined;
    }
    const first = begins(before, message.sender, message.timestamp);
    if (!first) ended(rows);
    const own = message.sender === me && message.client_id;
    rows.push({ kind: "message", key: own ? `c${message.client_id}` : `m${message.seq}`, message, first, last: true });
    before = { sender: message.sender, at: message.timestamp };
  }
  noted(Infinity);
  const stored = new Set(messages.map((m) => m.client_id));
  for (const p of pending) {
    if (stored.has(p.clientId)) continue;
    day(Math.max(p.at, before?.at ?? 0));
    const first = begins(before, me, p.at);
    if (!first) ended(rows);
    rows.push({ kind: "pending", key: `c${p.clientId}`, pending: p, first, last: true });
    before = { sender: me, at: p.at };
  }
  return rows;
}

function begins(before: { sender: string; at: number } | undefined, sender: string, at: number): boolean {
  return !before || before.sender !== sender || at - before.at > together;
}

/** Says that a run goes on, so the row before is not its last. */
function ended(rows: Row[]): void {
  const last = rows.at(-1);
  if (last?.kind === "message" || last?.kind === "pending") rows[rows.length - 1] = { ...last, last: false };
}

/**
 * Tells whether an event is shown. Invites are for members who manage them. A direct channel begins
 * with its first message.
 */
function worthShowing(e: Event): boolean {
  if (e.kind === "pin") return !e.remove;
  const { action, kind } = e.meta ?? {};
  return e.kind === "meta" && action !== "invited" && action !== "invite_revoked" && !(action === "created" && kind === "direct");
}
