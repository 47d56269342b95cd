import type * as wire from "./wire.gen.js";

/** Tells that the server refuses a command. Programs use the code; the message is for people. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: wire.Code;
  /** Whether the same command may succeed later, unchanged. */
  readonly retryable: boolean;
  /** How long to wait before a retry, in milliseconds; 0 if the server did not say. */
  readonly retryAfterMs: number;
  /** The channel in which to wait. In other channels commands may go on. */
  readonly channel: string | undefined;

  constructor(frame: Pick<wire.Error, "code" | "message" | "retryable" | "retry_after" | "channel">) {
    super(frame.message);
    this.code = frame.code;
    this.retryable = frame.retryable;
    this.retryAfterMs = frame.retry_after ?? 0;
    this.channel = frame.channel;
  }
}

/** Ends a client: another try would end the same way. The cause tells why. */
export class FatalError extends Error {
  override readonly name = "FatalError";

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Ends what was under way when the client was closed, and what began after that. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";

  constructor() {
    super("the client is closed");
  }
}

/** Tells that a command was given up before the server answered. The cause tells why. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
  /** False if the command was certainly not carried out: it never went out. */
  readonly mayBeDone: boolean;

  constructor(mayBeDone: boolean, cause: unknown) {
    super(mayBeDone ? "it is not known whether the command was carried out" : "the command was not sent", { cause });
    this.mayBeDone = mayBeDone;
  }
}

/** Tells that a connection was lost, or that none could be made. The client tries again. */
export class DisconnectedError extends Error {
  override readonly name: string = "DisconnectedError";
  /** How long the server asks the client to wait, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Says that a transport does not get through, although the server may well be there. */
export class BlockedError extends DisconnectedError {
  override readonly name = "BlockedError";
}

/** Ends a session whose token has expired. */
export class ExpiredError extends DisconnectedError {
  override readonly name = "ExpiredError";
}

/** Ends a session so that the next one begins at once. */
export class ReopenError extends DisconnectedError {
  override readonly name = "ReopenError";
}

/** Tells that the server broke the protocol. */
export class ProtocolError extends DisconnectedError {
  override readonly name = "ProtocolError";

  constructor(message: string, cause?: unknown) {
    super("the server broke the protocol: " + message, { cause });
  }
}

/** Tells that a file could not be moved: storage refuses it, or it arrived changed. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  /** The HTTP status of storage; 0 if it did not answer. */
  readonly status: number;

  constructor(message: string, status = 0, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }

  /**
   * Reports whether the fault ends by itself. Full storage does not, because a person has to make
   * room.
   */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== 507);
  }
}

/** Returns how long an error asks to wait, in milliseconds: an hour at most. */
export function retryAfter(error: unknown): number {
  const told = error instanceof RefusedError || error instanceof DisconnectedError ? error.retryAfterMs : 0;
  return Math.min(Math.max(told, 0), 3_600_000);
}

/**
 * Reports whether the next session would end like this one. A malformed request is no such reason:
 * over HTTP the server also says so about a request that was cut off on the way.
 */
export function isFatal(error: unknown): boolean {
  if (error instanceof FatalError) return true;
  return error instanceof RefusedError && !error.retryable && error.code !== "malformed";
}

/** Reports whether an error says that the token has expired. */
export function isExpired(error: unknown): boolean {
  return error instanceof ExpiredError || (error instanceof RefusedError && error.code === "expired");
}
