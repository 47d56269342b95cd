import { backoff } from "./backoff.js";
import type { Client } from "./client.js";
import { ProtocolError, RefusedError, TransferError } from "./errors.js";
import type { Settings } from "./options.js";
import { digits } from "./hex.js";
import { sha256, Sha256 } from "./sha256.js";
import { sleep } from "./time.js";
import { put } from "./transfer.js";
import type * as wire from "./wire.gen.js";

/** The options of an upload. */
export interface UploadOptions {
  /** The name of the file: that of a File unless set. */
  name?: string;
  /**
   * Names the upload, to go on with it after a restart. Unless set, it follows from the name and
   * the content, so the same file goes on where it was.
   */
  clientID?: string;
  /** Says that a sound is a voice message, with a byte for each bar of its waveform. */
  voice?: boolean;
  waveform?: Uint8Array;
  /** Says that the file is not for a message, but is to be a picture of a user or of a group. */
  purpose?: wire.Purpose;
  /** Cancels the upload. What storage has of it is removed by the server, later. */
  signal?: AbortSignal;
  /**
   * Is told how many of the file's bytes storage has, and after a failure how many it still has.
   */
  progress?: (stored: number, size: number) => void;
}

/** How often in a row an upload may be refused without any progress between. */
const tries = 5;

/** How many files are uploaded at the same time. Further ones wait. */
const atOnce = 3;

/** Uploads files. */
export class Uploads {
  readonly #settings: Settings;
  readonly #request: Client["request"];
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(settings: Settings, request: Client["request"]) {
    this.#settings = settings;
    this.#request = request;
  }

  async upload(channel: string, file: Blob, options: UploadOptions): Promise<wire.Attached> {
    const signal = options.signal ?? new AbortController().signal;
    await this.#turn(signal);
    try {
      return await new Upload(this.#settings, this.#request, channel, file, options, signal).run();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#running >= atOnce) {
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal.removeEventListener("abort", stop);
          resolve();
        };
        const stop = () => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          reject(signal.reason);
        };
        this.#waiting.push(go);
        signal.addEventListener("abort", stop, { once: true });
      });
    }
    this.#running++;
  }
}

/** One upload under way. */
class Upload {
  readonly #settings: Settings;
  readonly #request: Client["request"];
  readonly #channel: string;
  readonly #file: Blob;
  readonly #options: UploadOptions;
  readonly #signal: AbortSignal;

  constructor(settings: Settings, request: Client["request"], channel: string, file: Blob, options: UploadOptions, signal: AbortSignal) {
    this.#settings = settings;
    this.#request = request;
    this.#channel = channel;
    this.#file = file;
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<wire.Attached> {
    const reserve = await this.#reserve();
    const { voice, waveform } = this.#options;
    for (let again = 1; ; again++) {
      const media = await this.#transfer(reserve);
      try {
        return await this.#request(
          "complete_upload",
          { media, ...(voice && { voice }), ...(waveform && { waveform: btoa(String.fromCharCode(...waveform)) }) },
          { signal: this.#signal },
        );
      } catch (error) {
        // The server may throw an upload away because it arrived damaged.
        if (!(error instanceof RefusedError) || error.code !== "invalid" || again === tries) throw error;
      }
    }
  }

  async #reserve(): Promise<Omit<wire.ReserveUpload, "type">> {
    const file = this.#file;
    const hash = await sha256(file, this.#signal);
    const name = this.#options.name ?? (file as Partial<File>).name ?? "file";
    const purpose = this.#options.purpose;
    const named = new Sha256().update(new TextEncoder().encode([name, hash, ...(purpose ? [purpose] : [])].join("\n"))).digest();
    const type = file.type.split(";")[0]!.trim();
    return {
      channel: this.#channel,
      client_id: this.#options.clientID ?? "file-" + digits(named.subarray(0, 16)),
      name,
      size: file.size,
      sha256: hash,
      ...(purpose && { purpose }),
      ...(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type) && { media_type: type }),
    };
  }

  /** Makes all requests of an upload, and returns the id of the file. */
  async #transfer(reserve: Omit<wire.ReserveUpload, "type">): Promise<string> {
    const { backoffMinMs: min, backoffMaxMs: max } = this.#settings;
    for (let failures = 0, refusals = 0; ; failures++) {
      const up = await this.#request("reserve_upload", reserve, { signal: this.#signal });
      if (up.stored) {
        this.#tell(this.#file.size);
        return up.media;
      }
      let failed: unknown;
      const moved = await this.#putAll(up, (error) => (failed = error));
      if (moved) failures = refusals = 0;
      if (moved && failed === undefined) continue;
      this.#signal.throwIfAborted();
      failed ??= new TransferError("storage says that it has the file's bytes, and the server still asks for them; try again later", 412);
      if (!(failed instanceof TransferError)) throw failed;
      if (!failed.passes && ++refusals === tries) throw failed;
      this.#settings.log("an upload was interrupted", { error: failed.message });
      await sleep(backoff(min, max, failures), this.#signal);
    }
  }

  /**
   * Makes the requests that the server has offered, until one fails. It reports whether storage has
   * taken any byte.
   */
  async #putAll(up: wire.Upload, failed: (error: unknown) => void): Promise<boolean> {
    let moved = false;
    let stored = up.has ?? 0;
    try {
      if (up.url !== undefined) return await this.#put(up, { number: 1, size: this.#file.size, url: up.url, headers: up.headers ?? {} }, 0, 0);
      for (const [i, part] of (up.parts ?? []).entries()) {
        // The first URL is fresh whatever the clock says: a clock that is ahead must not stop all.
        if (i > 0 && Date.now() > (up.expires ?? Infinity)) return moved; // fresh URLs are needed
        const offset = (part.number - 1) * (up.part_size ?? 0);
        if (part.number < 1 || part.size < 1 || offset + part.size > this.#file.size) {
          throw new ProtocolError("a part of an upload is not within the file");
        }
        moved = (await this.#put(up, part, offset, stored)) || moved;
        stored += part.size;
      }
    } catch (error) {
      failed(error);
      this.#tell(stored);
    }
    return moved;
  }

  /**
   * Makes one request, and reports whether storage has taken its bytes. It is no error if storage
   * had the bytes before.
   */
  async #put(up: wire.Upload, part: wire.UploadPart, offset: number, stored: number): Promise<boolean> {
    const { status, text } = await put(
      {
        method: up.method ?? "PUT",
        url: part.url,
        headers: part.headers ?? {},
        body: this.#file.slice(offset, offset + part.size),
        signal: this.#signal,
        progress: (sent) => this.#tell(stored + Math.min(sent, part.size)),
      },
      this.#settings,
    );
    // 412: the bytes that are there are the same file, because no other program had a URL for it.
    if (status !== 200 && status !== 412) throw new TransferError(`storage answers with HTTP status ${status}: ${text.slice(0, 300)}`, status);
    this.#tell(stored + part.size);
    return status === 200;
  }

  #tell(stored: number): void {
    this.#options.progress?.(stored, this.#file.size);
  }
}
