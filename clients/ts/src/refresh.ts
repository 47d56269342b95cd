import { RefusedError, ReopenError } from "./errors.js";
import type { Host, Session } from "./session.js";
import { sleep } from "./time.js";
import type * as wire from "./wire.gen.js";

/**
 * Replaces the token of a session before it expires. If that fails, the session ends with the
 * token, and the next session begins with a new token.
 */
export async function keepFresh(session: Session, host: Host, newToken: (signal: AbortSignal) => Promise<string>): Promise<void> {
  const { expires: last, time } = session.welcome;
  if (last <= 0) return; // the token does not expire
  const ended = session.ended;
  // The server's clock decides, so lifetimes are measured by it.
  let expires = session.began + (last - time);
  let wait = ((expires - performance.now()) * 4) / 5;
  while (!ended.aborted) {
    await sleep(Math.max(wait, 1000), ended);
    try {
      const token = await newToken(ended);
      if (token === session.token) throw new Error("the token source has no newer one");
      if (!session.opener.refreshes) return session.end(new ReopenError("a new session has the new token"));
      const { expires: next } = await refresh(host, token);
      session.token = token;
      expires = session.began + (next - time);
      wait = ((expires - performance.now()) * 4) / 5;
    } catch (error) {
      if (ended.aborted) return;
      host.settings.log("the token was not refreshed", { url: session.url, error: String(error) });
      wait = (expires - performance.now()) / 2;
    }
    if (performance.now() >= expires) return;
  }
}

function refresh(host: Host, token: string): Promise<wire.Refreshed> {
  return new Promise((resolve, reject) => {
    host.outbox.add({
      command: (ref) => ({ type: "refresh", ref, token }),
      reply: "refreshed",
      done: (f) => resolve(f as wire.Refreshed),
      failed: (error) => reject(error instanceof RefusedError ? new Error(`refused: ${error.code}`) : error),
    });
  });
}
