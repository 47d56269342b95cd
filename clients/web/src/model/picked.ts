import { computed, signal } from "@preact/signals";
import { faultOf, type Fault } from "./explain.ts";
import type { Link } from "./link.ts";
import { part } from "./parts.ts";
import type { Form } from "./picture.ts";
import { newId, type Attachment } from "./wire.ts";

/** A file that storage has, and the proof that lets a message have it. */
export interface Stored {
  attachment: Attachment;
  ticket: string;
}

/** A file that was picked for a message, and its upload. */
export class Picked {
  readonly id = newId();
  /**
   * The URL at which it can be seen before it is sent. It is "" if the file is not a picture or a
   * video.
   */
  readonly preview: string;
  readonly caption = signal("");
  /** The file that is sent. It is undefined while a smaller picture is made. */
  readonly file = signal<File | undefined>(undefined);
  /** How much of it storage has, from 0 to 1. */
  readonly done = signal(0);
  readonly stored = signal<Stored | undefined>(undefined);
  readonly fault = signal<Fault | undefined>(undefined);
  readonly size = computed(() => (this.file.value ?? this.source).size);
  #running: AbortController | undefined;

  constructor(readonly link: Link, readonly channel: string, readonly source: File) {
    this.preview = /^(image|video|audio)\//.test(source.type) ? URL.createObjectURL(source) : "";
  }

  get shown(): boolean { return /^(image|video)\//.test(this.source.type); }

  /** Begins the upload in a form. An upload in another form that is under way begins anew. */
  async start(form: Form): Promise<void> {
    this.stop();
    const running = (this.#running = new AbortController());
    this.fault.value = this.stored.value = this.file.value = undefined;
    this.done.value = 0;
    try {
      const file = await this.#prepare(form);
      if (running.signal.aborted) return;
      this.file.value = file;
      await this.#upload(file, running.signal);
    } catch (error) {
      if (!running.signal.aborted) this.fault.value = await fileFault(this.source, error);
    }
  }

  /** Goes on with an upload that has failed. Storage keeps the bytes that it has. */
  async resume(): Promise<void> {
    const file = this.file.peek() ?? this.source;
    const running = (this.#running = new AbortController());
    this.fault.value = undefined;
    try {
      await this.#upload(file, running.signal);
    } catch (error) {
      if (!running.signal.aborted) this.fault.value = await fileFault(this.source, error);
    }
  }

  /** Gives up the upload. */
  stop(): void {
    this.#running?.abort();
  }

  /** Gives up the file for good. Its preview must not be on the screen by then. */
  drop(): void {
    this.stop();
    if (this.preview) URL.revokeObjectURL(this.preview);
  }

  /**
   * Makes a picture smaller, if the form says so. A file that cannot be made smaller is sent as it
   * is.
   */
  async #prepare(form: Form): Promise<File> {
    if (!/^image|\.hei[cf]$/i.test(this.source.type || this.source.name)) return this.source;
    try {
      return await (await part(() => import("./picture.ts"), this.#running?.signal)).prepare(this.source, form);
    } catch {
      return this.source;
    }
  }

  async #upload(file: File, signal: AbortSignal): Promise<void> {
    const { attachment, ticket } = await this.link.upload(this.channel, file, {
      name: file.name,
      signal,
      progress: (stored, size) => void (signal.aborted || (this.done.value = size ? stored / size : 0)),
    });
    if (signal.aborted) return;
    this.done.value = 1;
    this.stored.value = { attachment, ticket };
  }
}

/**
 * Returns why an upload has failed. An empty file, a folder, and a file that is gone since it was
 * picked fail before the server sees them.
 */
async function fileFault(file: File, error: unknown): Promise<Fault> {
  if (file.size === 0) return { code: "empty", message: "" };
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (unreadable) {
    return { code: "unreadable", message: String(unreadable) };
  }
  const fault = faultOf(error);
  return (error as Error).name === "TransferError" ? { ...fault, code: "transfer" } : fault;
}
