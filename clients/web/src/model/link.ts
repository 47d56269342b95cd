import type { ReadonlySignal } from "@preact/signals";
import type { OperationName, Outgoing, OutgoingFile, Params, Reply, UploadOptions, wire } from "natterjack";
import type { Event, Receipts, Typing, UserPresence } from "./wire.ts";

/** Whether the server is there. */
export interface LinkState {
  online: boolean;
  /** Since when the server has not been there. It is 0 while the server is there. */
  lostAt: number;
  /** When the next try is due; 0 while one is under way. */
  nextTry: number;
  /** The session at the server, while there is one. */
  session: string;
  limits: wire.Limits;
}

/** What comes from the server by itself. */
export interface Listener {
  event(event: Event): void;
  /** Takes note that events were missed, of one channel or of all. What is shown is read again. */
  reset(channel: string | undefined): void;
  /** Takes note that there is a connection again, or for the first time. */
  connected(): void;
  receipts(receipts: Receipts): void;
  presence(users: readonly UserPresence[]): void;
  typing(typing: Typing): void;
  /** Takes profiles that people have changed. */
  profiles(users: readonly wire.Profile[]): void;
  /** Takes a message from this device whose state has changed. */
  sent(message: Outgoing): void;
  /** Takes note that the user is signed out. Another try would end the same way. */
  ended(error: Error): void;
}

/** Bounds a question. */
export interface Asking {
  /** Gives the question up. A server that still works on it stops. */
  signal?: AbortSignal | undefined;
}

/**
 * The way to the server. It looks the same whether this tab holds the connection, or another tab of
 * the same user does.
 */
export interface Link {
  readonly state: ReadonlySignal<LinkState>;
  /** Whether this tab holds the connection, if there may be others. */
  readonly leads?: ReadonlySignal<boolean>;
  /** Asks for something. It waits for a connection, and throws what the server refuses. */
  request<Name extends OperationName>(name: Name, params: Params<Name>, asking?: Asking): Promise<Reply<Name>>;
  /**
   * Sends a message. It is kept first, and stored once and in order. Its state is told as "sent".
   */
  send(channel: string, content: wire.Content, clientID?: string, files?: OutgoingFile[]): void;
  /** Sends a failed message again. */
  retry(clientID: string): void;
  /** Gives up a message. */
  discard(clientID: string): void;
  read(channel: string, seq: number): void;
  typing(channel: string): void;
  watch(channels: string[]): void;
  follow(users: string[]): void;
  present(state: "online" | "away" | "invisible"): void;
  upload(channel: string, file: Blob, options: UploadOptions): Promise<wire.Attached>;
  /** Returns a URL of a file, good for some minutes. */
  mediaURL(channel: string, seq: number, media: string, options?: { rendition?: wire.Rendition; download?: boolean }): Promise<string>;
  /** Tries to connect now. */
  hurry(): void;
  /** Begins to tell what comes. The messages that wait from before are told first. */
  start(listener: Listener): void;
  close(): Promise<void>;
}
