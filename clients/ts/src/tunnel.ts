import { encode, split } from "./codec.js";
import { BlockedError, DisconnectedError, RefusedError } from "./errors.js";
import { lines } from "./lines.js";
import { refusal, type Link, type Receiver } from "./link.js";
import type { Settings } from "./options.js";
import { headerSession, pathFrames } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/**
 * How many batches of commands may be under way over HTTP. With one, every command would wait for
 * the slowest command before it.
 */
const postsAtOnce = 4;

const ndjson = "application/x-ndjson";

/** A pong, which is the only command without an answer. */
export const pong = encode({ type: "pong" });

/**
 * The part that the links over HTTP share. Commands go out as POSTs. Their replies and the frames
 * from the server go to one receiver.
 */
export abstract class Tunnel implements Link {
  /** The session of the stream, which commands name. */
  protected session: string | undefined;
  protected readonly over = new AbortController();
  readonly #url: string;
  readonly #to: Receiver;
  readonly #settings: Settings;
  readonly #hello: () => wire.Connect;
  #posts = 0;
  readonly #queue: string[] = [];

  constructor(url: string, hello: () => wire.Connect, to: Receiver, settings: Settings) {
    this.#url = url;
    this.#hello = hello;
    this.#to = to;
    this.#settings = settings;
  }

  write(message: string): void {
    this.#queue.push(message);
    this.#next();
  }

  close(): void {
    this.over.abort();
  }

  /** Runs the part that brings the frames of the server. Its end is the end of the link. */
  protected run(part: () => Promise<never>): void {
    part().catch((error: unknown) => this.#fail(error));
  }

  protected pass(message: string): void {
    if (!this.over.signal.aborted) this.#to.message(message);
  }

  /** Returns the position of the client as of now. */
  protected resume(): wire.Resume | undefined {
    return this.#hello().resume;
  }

  /** Posts the connect frame. Its token goes in a header. */
  protected async connect(path: string, headers: { [name: string]: string }): Promise<Response> {
    const { token: _, ...frame } = this.#hello();
    return await this.#post(path, headers, encode(frame));
  }

  /** Passes on each line of a body, as pick returns it. */
  protected async passLines(answer: Response, pick: (line: string) => string | undefined): Promise<void> {
    if (!answer.body) throw new BlockedError("this platform cannot read an answer as it comes");
    try {
      for await (const line of lines(answer.body)) {
        if (line !== "") this.pass(pick(line) ?? "");
      }
    } catch (cause) {
      throw new DisconnectedError("an answer broke off", { cause });
    }
  }

  #fail(error: unknown): void {
    if (this.over.signal.aborted) return;
    this.close();
    this.#to.closed(error instanceof Error ? error : new DisconnectedError(String(error)));
  }

  #next(): void {
    while (this.#posts < postsAtOnce && !this.over.signal.aborted) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      this.#posts++;
      void this.#command(batch)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#posts--;
          this.#next();
        });
    }
  }

  /**
   * Posts a batch and passes on each reply as it comes. If the server refuses the whole batch, each
   * command is refused. An unavailable server is an exception: it is stopping, its stream will end
   * soon, and another server will serve.
   */
  async #command(batch: string): Promise<void> {
    let answer: Response;
    try {
      answer = await this.#post(pathFrames, { Accept: ndjson }, batch);
    } catch (error) {
      if (error instanceof RefusedError && error.retryable && error.code !== "expired" && error.code !== "unavailable") {
        return this.pass(refuseAll(batch, error));
      }
      if (batch === pong) return; // the next pong makes up for it
      throw error;
    }
    await this.passLines(answer, (line) => line);
  }

  /**
   * Sends the token in a header, never in the URL or the body, because these are logged more often.
   */
  async #post(path: string, headers: { [name: string]: string }, body: string): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#settings.fetch(this.#url + path, {
        method: "POST",
        headers: {
          ...headers,
          Authorization: `Bearer ${this.#hello().token}`,
          "Content-Type": ndjson,
          ...(this.session !== undefined && { [headerSession]: this.session }),
        },
        body,
        signal: this.over.signal,
        cache: "no-store",
        credentials: "omit",
        redirect: "manual", // the token must not go to a server that the user did not name
        referrerPolicy: "no-referrer",
      });
    } catch (cause) {
      throw new DisconnectedError("the server cannot be reached", { cause });
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

/** Turns the refusal of a whole request into a refusal of each of its commands. */
function refuseAll(batch: string, refused: RefusedError): string {
  const { code, message, retryable, retryAfterMs } = refused;
  let replies = "";
  for (const line of split(batch)) {
    const { ref } = JSON.parse(line) as wire.Command;
    if (ref) replies += JSON.stringify({ type: "error", ref, code, message, retryable, retry_after: retryAfterMs }) + "\n";
  }
  return replies;
}
