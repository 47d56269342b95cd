import { signal, type Signal } from "@preact/signals";
import type { OutgoingFile } from "natterjack";
import type { Link } from "./link.ts";
import type { Outbox } from "./outbox.ts";
import { Picked } from "./picked.ts";
import type { Form } from "./picture.ts";
import { newId, type Attachment, type Content } from "./wire.ts";

const none: readonly Picked[] = [];
const inOne = 10; // files of one message
const most = 100; // files that are picked at the same time
const kept = 60; // files that were sent and can still be seen without the server
const formKey = "natterjack.pictures";

/** What this device knows of a file that it has sent. */
export interface Local {
  attachment: Attachment;
  url: string;
}

/** The files that were picked for the next message of each channel. */
export class Tray {
  /** The form in which pictures are sent. It is remembered on this device. */
  readonly form = signal<Form>(localStorage.getItem(formKey) === "original" ? "original" : "smaller");
  readonly #picked = new Map<string, Signal<readonly Picked[]>>();
  readonly #sent = new Map<string, Local>(); // by media

  constructor(readonly link: Link, readonly outbox: Pick<Outbox, "send">) {}

  /** Returns the files that were picked in a channel, for a component to follow. */
  of(channel: string): Signal<readonly Picked[]> {
    let known = this.#picked.get(channel);
    if (!known) this.#picked.set(channel, (known = signal(none)));
    return known;
  }

  /** Returns a file that was sent from here a while ago. */
  local(media: string): Local | undefined {
    return this.#sent.get(media);
  }

  /** Picks files and uploads them at once. It returns how many files were too many. */
  add(channel: string, files: Iterable<File>): number {
    const tray = this.of(channel);
    const known = new Set(tray.peek().map((p) => identity(p.source)));
    const all = [...files].filter((f) => !known.has(identity(f)));
    const room = most - tray.peek().length;
    const added = all.slice(0, room).map((file) => new Picked(this.link, channel, file));
    tray.value = [...tray.peek(), ...added];
    for (const p of added) void p.start(this.form.peek());
    return all.length - added.length;
  }

  /** Takes a file out again, and gives up its upload. */
  remove(p: Picked): void {
    const tray = this.of(p.channel);
    tray.value = tray.peek().filter((o) => o !== p);
    p.drop();
  }

  /** Moves a file by some places, or as far as it can go. */
  move(p: Picked, by: number): void {
    const tray = this.of(p.channel);
    const others = tray.peek().filter((o) => o !== p);
    const to = Math.max(0, Math.min(others.length, tray.peek().indexOf(p) + by));
    tray.value = [...others.slice(0, to), p, ...others.slice(to)];
  }

  /** Chooses the form of pictures. It also holds for pictures that are in a tray already. */
  choose(form: Form): void {
    if (form === this.form.peek()) return;
    this.form.value = form;
    localStorage.setItem(formKey, form);
    for (const tray of this.#picked.values()) {
      for (const p of tray.peek()) if (p.source.type.startsWith("image/")) void p.start(form);
    }
  }

  /**
   * Sends what is in the tray, with a text. More files than a message takes become several
   * messages; the first one has the text. A file that is not uploaded yet is kept with its message
   * first, so the upload goes on even after a reload. Pictures that are not smaller yet are made
   * smaller on the way.
   */
  leave(channel: string, content: Content): void {
    const all = this.of(channel).peek();
    this.of(channel).value = none;
    for (let i = 0; i < all.length; i += inOne) this.#post(channel, i === 0 ? content : { text: "" }, all.slice(i, i + inOne));
  }

  /** Sends a voice message. */
  speak(channel: string, sound: File, waveform: Uint8Array, content: Content): void {
    this.outbox.send(channel, content, newId(), [{ file: sound, voice: true, waveform }]);
  }

  /** Remembers files whose message has arrived. They can then be shown without the server. */
  keep(attachments: readonly Attachment[], files: readonly Blob[]): void {
    for (const [i, attachment] of attachments.entries()) {
      const file = files[i];
      if (file && !this.#sent.has(attachment.id)) this.#remember(attachment, URL.createObjectURL(file));
    }
  }

  close(): void {
    for (const tray of this.#picked.values()) for (const p of tray.peek()) p.drop();
    for (const { url } of this.#sent.values()) URL.revokeObjectURL(url);
  }

  #post(channel: string, content: Content, picked: readonly Picked[]): void {
    const stored = picked.flatMap((p) => p.stored.peek() ?? []);
    if (stored.length < picked.length) {
      for (const p of picked) p.drop();
      return this.outbox.send(channel, content, newId(), picked.map((p) => ({ ...this.#fileOf(p), ...captionOf(p) })));
    }
    const attachments = stored
      .map(({ attachment: { id }, ticket }, i) => ({ id, ticket, ...captionOf(picked[i]!) }))
      .filter((a, i, all) => all.findIndex((o) => o.id === a.id) === i); // a message has each file once
    for (const [i, { attachment }] of stored.entries()) this.#remember(attachment, picked[i]!.preview);
    this.outbox.send(channel, { ...content, attachments }, newId());
  }

  /** Returns a file as it is sent, or the file from which that is made, and in which form. */
  #fileOf(p: Picked): OutgoingFile {
    const ready = p.file.peek();
    return ready ? { file: ready } : { file: p.source, prepare: this.form.peek() };
  }

  #remember(attachment: Attachment, url: string): void {
    if (!url) return;
    this.#sent.set(attachment.id, { attachment, url });
    for (const [id, old] of this.#sent) {
      if (this.#sent.size <= kept) return;
      this.#sent.delete(id);
      URL.revokeObjectURL(old.url);
    }
  }
}

const captionOf = (p: Picked): { caption?: string } => {
  const caption = p.caption.peek().trim();
  return caption ? { caption } : {};
};

const identity = (f: File): string => `${f.size} ${f.lastModified} ${f.name}`;
