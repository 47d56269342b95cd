import { errors } from "../words/errors.ts";

/** What is known of a failure: the server's code and text, if it has said something. */
export interface Fault {
  code: string;
  message: string;
  retryAfterMs?: number | undefined;
}

/** Returns what a thrown value tells. */
export function faultOf(thrown: unknown): Fault {
  const e = thrown as Partial<Fault> | undefined;
  return {
    code: typeof e?.code === "string" ? e.code : "lost",
    message: typeof e?.message === "string" ? e.message : "",
    retryAfterMs: e?.retryAfterMs,
  };
}

/** Says in a sentence what happened and what to do. */
export function explain(fault: Fault): string {
  const w = errors();
  switch (fault.code) {
    case "malformed":
    case "unknown_type":
    case "unsupported":
    case "not_connected":
      return w.outdated;
    case "too_large":
      return tooLarge(fault.message);
    case "invalid":
      return w.invalid(fault.message);
    case "unauthorized":
    case "expired":
      return w.signIn;
    case "issuer":
      return w.issuer;
    case "forbidden":
      return w.forbidden;
    case "not_found":
      return w.notFound;
    case "conflict":
      return w.conflict;
    case "too_fast":
      return w.tooFast(Math.max(1, Math.ceil((fault.retryAfterMs ?? 1000) / 1000)));
    case "unavailable":
      return w.unavailable;
    case "timeout":
      return w.timeout;
    case "storage_full":
      return w.storageFull;
    case "quota":
      return w.quota;
    case "internal":
      return w.internal;
    default:
      return w.lost;
  }
}

/**
 * Says by how much a text is too long. The server's text has the numbers: "has 17000 bytes; at most
 * 16384 are allowed".
 */
function tooLarge(message: string): string {
  const [has, most] = (message.match(/\d+/g) ?? []).map(Number);
  if (!message.startsWith("content.text") || !has || !most) return errors().tooLarge;
  return errors().tooLong(has - most);
}
