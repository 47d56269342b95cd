// The payload of a push, as the server makes it.

/**
 * What a notification tells. Texts are missing if there was no room for them, or if the user does
 * not want them.
 */
export interface Payload {
  kind: string;
  channel: string;
  seq: number;
  title: string;
  body: string;
  /** How many messages the user has not read, in all channels. */
  badge: number | undefined;
}

/**
 * Returns what a push says. It returns undefined if the push cannot be read, because it is damaged
 * or of a later version.
 */
export function payloadOf(text: string | undefined): Payload | undefined {
  let p: Record<string, unknown>;
  try {
    p = JSON.parse(text ?? "") as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (p?.["v"] !== 1 || typeof p["kind"] !== "string") return undefined;
  const word = (name: string) => (typeof p[name] === "string" ? (p[name] as string) : "");
  const number = (name: string) => (Number.isSafeInteger(p[name]) && (p[name] as number) >= 0 ? (p[name] as number) : undefined);
  return { kind: p["kind"], channel: word("channel"), seq: number("seq") ?? 0, title: word("title"), body: word("body"), badge: number("badge") };
}
