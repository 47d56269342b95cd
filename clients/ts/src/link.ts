import { BlockedError, DisconnectedError, RefusedError } from "./errors.js";
import type { Settings, Transport } from "./options.js";
import type * as wire from "./wire.gen.js";

/** One connection to a server over any transport. */
export interface Link {
  /** Sends commands, one a line. Their replies go to the receiver. */
  write(message: string): void;
  /** Ends the link. The receiver is told nothing after that. */
  close(): void;
}

/** Is told what a link brings. */
export interface Receiver {
  /** Takes frames, one a line. An empty message still proves that the server is there. */
  message(text: string): void;
  /** Is told once why the link has ended. */
  closed(error: Error): void;
}

/** Makes links of one transport. */
export interface Opener {
  readonly transport: Transport;
  /**
   * Whether the server has a session as long as the link is open. Such a server pings, and takes
   * settings that hold as long as the link.
   */
  readonly lasts: boolean;
  /**
   * Whether commands go over the link itself: a new token is told by one. Otherwise each request
   * carries its own token.
   */
  readonly refreshes: boolean;
  open(url: string, hello: () => wire.Connect, to: Receiver, settings: Settings): Link;
}

/**
 * Returns the error in an HTTP answer. It is the server's own error if the body holds one, else
 * the status. If a proxy on the way may have given the status, it is a {@link BlockedError}.
 */
export async function refusal(answer: Response): Promise<Error> {
  const body = await answer.text().catch(() => ""); // a body that cannot be read names no error
  try {
    const frame = JSON.parse(body) as wire.Error;
    if (typeof frame.code === "string" && typeof frame.message === "string") return new RefusedError(frame);
  } catch {
    // The answer did not come from a Natterjack server.
  }
  const seconds = Number(answer.headers.get("Retry-After"));
  const options = { retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 };
  const text = `HTTP status ${answer.status}`;
  if (answer.status === 429 || answer.status >= 500) return new DisconnectedError(text, options);
  return new BlockedError(text, options);
}
