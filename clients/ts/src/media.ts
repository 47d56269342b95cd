import { backoff } from "./backoff.js";
import type { Client, Waiting } from "./client.js";
import { TransferError } from "./errors.js";
import type { Settings } from "./options.js";
import { digits } from "./hex.js";
import { Sha256 } from "./sha256.js";
import { sleep, timeout } from "./time.js";
import { timeFor } from "./transfer.js";
import type * as wire from "./wire.gen.js";

/**
 * A URL is given again as long as it is good for this time, in milliseconds. A picture that loads
 * slowly must still arrive.
 */
const goodFor = 2 * 60_000;

/** How many URLs are kept. */
const most = 1000;

/** How often storage refuses a file in a row before the application is told. */
const tries = 5;

/** Gives URLs of files, and reads files. */
export class Media {
  readonly #settings: Settings;
  readonly #request: Client["request"];
  /** The URLs by the file that they lead to. The URL that was asked for last comes last. */
  readonly #urls = new Map<string, { expires: number; url: Promise<wire.MediaURL> }>();

  constructor(settings: Settings, request: Client["request"]) {
    this.#settings = settings;
    this.#request = request;
  }

  async url(channel: string, seq: number, media: string, o: { rendition?: wire.Rendition; download?: boolean } & Waiting): Promise<wire.MediaURL> {
    const { rendition, download, ...waiting } = o;
    const key = JSON.stringify([channel, seq, media, rendition, download]);
    const known = this.#urls.get(key);
    this.#urls.delete(key);
    if (known && known.expires > Date.now() + goodFor) {
      this.#urls.set(key, known);
      return await known.url;
    }
    const asked = Date.now();
    const url = this.#request("get_media", { channel, seq, media, ...(rendition && { rendition }), ...(download && { download }) }, waiting);
    const found = await url;
    // By this device's clock, which may be wrong: a URL is never good for longer than some minutes.
    const expires = Math.min(found.expires, asked + 10 * 60_000);
    this.#urls.set(key, { expires, url });
    for (const [oldest] of this.#urls) {
      if (this.#urls.size <= most) break;
      this.#urls.delete(oldest);
    }
    return found;
  }

  async download(channel: string, seq: number, file: wire.Attachment, o: { signal?: AbortSignal; progress?: (got: number, size: number) => void }): Promise<Blob> {
    const signal = o.signal ?? new AbortController().signal;
    const { backoffMinMs: min, backoffMaxMs: max } = this.#settings;
    const got = new Download(file.size ?? 0, o.progress ?? (() => {}));
    for (let failures = 0, refusals = 0; got.bytes < got.size; failures++) {
      const { url } = await this.url(channel, seq, file.id, { download: true, signal });
      const before = got.bytes;
      try {
        await got.fetch(url, signal, this.#settings);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransferError)) throw error;
        if (got.bytes > before) failures = refusals = 0;
        this.#urls.clear(); // the fault may be in the URL
        if (!error.passes && ++refusals === tries) throw error;
        await sleep(backoff(min, max, failures), signal);
      }
    }
    if (file.sha256 !== undefined && got.hash() !== file.sha256) throw new TransferError("the file arrived changed");
    return new Blob(got.pieces, file.type === undefined ? {} : { type: file.type });
  }
}

/** The part of a file that has arrived. */
class Download {
  readonly size: number;
  readonly pieces: Uint8Array<ArrayBuffer>[] = [];
  bytes = 0;
  readonly #progress: (got: number, size: number) => void;
  #hash = new Sha256();

  constructor(size: number, progress: (got: number, size: number) => void) {
    this.size = size;
    this.#progress = progress;
  }

  hash(): string {
    return digits(this.#hash.digest());
  }

  /** Makes one request for all that is missing. */
  async fetch(url: string, signal: AbortSignal, settings: Settings): Promise<void> {
    const bounded = AbortSignal.any([signal, timeout(timeFor(this.size - this.bytes))]);
    const headers: { [name: string]: string } = this.bytes > 0 ? { Range: `bytes=${this.bytes}-` } : {};
    let answer: Response;
    try {
      answer = await settings.fetch(url, { headers, signal: bounded, credentials: "omit", referrerPolicy: "no-referrer" });
    } catch (cause) {
      throw new TransferError("storage cannot be reached", 0, cause);
    }
    if (answer.status !== 200 && answer.status !== 206) throw new TransferError(`storage answers with HTTP status ${answer.status}`, answer.status);
    if (answer.status === 200) this.#restart(); // storage does not know ranges
    const reader = answer.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read().catch((cause: unknown) => {
        throw new TransferError("the answer of storage broke off", 0, cause);
      })) ?? { done: true, value: undefined };
      if (done) break;
      const piece = value.subarray(0, this.size - this.bytes);
      this.pieces.push(new Uint8Array(piece));
      this.#hash.update(piece);
      this.bytes += piece.length;
      this.#progress(this.bytes, this.size);
    }
    if (this.bytes < this.size) throw new TransferError("the answer of storage ended too early");
  }

  #restart(): void {
    this.pieces.length = this.bytes = 0;
    this.#hash = new Sha256();
  }
}
