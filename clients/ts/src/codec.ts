import { ProtocolError } from "./errors.js";
import type * as wire from "./wire.gen.js";

/** Encodes a command, with its type first. */
export function encode(command: wire.Command): string {
  return JSON.stringify(command);
}

/** Returns the number of bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) n += 1;
    else if (unit < 0x800) n += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) (n += 4), i++;
    else n += 3;
  }
  return n;
}

/** Yields the frames of a message: one a line. Blank lines are skipped. */
export function* split(message: string): Generator<string, void, void> {
  for (let at = 0; at < message.length; ) {
    let end = message.indexOf("\n", at);
    if (end < 0) end = message.length;
    const line = message.slice(at, end).trim();
    at = end + 1;
    if (line !== "") yield line;
  }
}

/**
 * Decodes a frame from the server. It is lenient, so that old clients work with new servers: it
 * keeps members and types that it does not know. It throws a {@link ProtocolError} for a text that
 * is no frame, and for numbers that a double cannot hold, because a position that is off by one
 * would lose an event.
 */
export function decode(line: string): wire.Frame {
  let frame: unknown;
  try {
    frame = JSON.parse(line);
  } catch (cause) {
    throw new ProtocolError("a frame that is not JSON", cause);
  }
  if (typeof frame !== "object" || frame === null || typeof (frame as { type?: unknown }).type !== "string") {
    throw new ProtocolError("a frame without a type");
  }
  const { type } = frame as wire.Frame;
  if (Object.hasOwn(checks, type)) checks[type]?.(frame as never);
  return frame as wire.Frame;
}

function whole(member: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new ProtocolError(`${member} is not a number that can be kept`);
}

function list(member: string, value: unknown): void {
  if (!Array.isArray(value)) throw new ProtocolError(`${member} is not a list`);
}

function text(member: string, value: unknown): void {
  if (typeof value !== "string") throw new ProtocolError(`${member} is not a text`);
}

function event(e: wire.Event): void {
  whole("event.shard", e.shard);
  whole("event.pos", e.pos);
  whole("event.seq", e.seq ?? 0);
  text("event.channel", e.channel);
  text("event.kind", e.kind);
}

/** Checks what this client relies on, by type of frame. */
const checks: { [type in keyof wire.Frames]?: (frame: wire.Frames[type]) => void } = {
  welcome(w) {
    text("welcome.user", w.user);
    text("welcome.epoch", w.epoch);
    list("welcome.positions", w.positions);
    for (const pos of w.positions) whole("welcome.positions", pos);
    if (typeof w.limits !== "object" || w.limits === null) throw new ProtocolError("welcome.limits is not an object");
  },
  event,
  ack(a) {
    whole("ack.seq", a.seq);
    whole("ack.shard", a.shard);
    whole("ack.pos", a.pos);
    text("ack.channel", a.channel);
  },
  page(p) {
    list("page.events", p.events);
    p.events.forEach(event);
    if (p.changes === undefined) return;
    list("page.changes", p.changes);
    p.changes.forEach(event);
  },
  channel(c) {
    text("channel.id", c.channel?.id);
  },
  error(e) {
    text("error.code", e.code);
    text("error.message", e.message);
  },
};
