import { wire } from "natterjack";
import { good, pick, renewed } from "../model/grant.ts";
import type { Owner } from "../model/push/owner.ts";
import type { World } from "./world.ts";

/** A command, without its number. */
type Command = { type: string } & Record<string, unknown>;

/** A reply: what was asked for, or an error. */
export interface Reply {
  ref: number;
  type: string;
  code?: string;
  retryable?: boolean;
  [more: string]: unknown;
}

/**
 * Gives commands to the server, without a connection, as the user who gets notifications on this
 * device.
 */
export class Server {
  constructor(readonly world: World) {}

  /**
   * Gives some commands, and returns their replies in the same order. It throws if there are no
   * replies.
   */
  async give(owner: Owner, commands: readonly Command[], ms: number): Promise<Reply[]> {
    const token = await this.#token(owner);
    const answer = await this.world.scope.fetch(wire.pathFrames, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/x-ndjson", Accept: "application/x-ndjson" },
      body: commands.map((c, i) => JSON.stringify({ ref: i + 1, ...c }) + "\n").join(""),
      signal: AbortSignal.timeout(ms),
      cache: "no-store",
      credentials: "omit",
      redirect: "error", // the token must not go elsewhere
      referrerPolicy: "no-referrer",
    });
    if (!answer.ok) {
      const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
      throw Object.assign(new Error(`the server answers with status ${answer.status}`), { code });
    }
    const replies = (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line) as Reply);
    return commands.map((_, i) => replies.find((r) => r.ref === i + 1) ?? lost(i + 1));
  }

  async #token(owner: Owner): Promise<string> {
    if (good(owner)) return owner.token;
    return (await renewed(pick(owner), this.world.owners)).token;
  }
}

/** Tells whether an error says that the server refuses the token, although it has not expired. */
export const signedOut = (error: unknown): boolean => (error as { code?: string }).code === "unauthorized";

const lost = (ref: number): Reply => ({ ref, type: "error", code: "lost", retryable: true });

/** Tells whether a command was carried out. */
export const done = (reply: Reply | undefined): boolean => reply !== undefined && reply.type !== "error";
