import { signal } from "@preact/signals";
import { Client, FatalError, IndexedDBStorage, wire, type OperationName, type OutgoingFile, type Params, type Position, type Reply, type State, type TokenSource, type UploadOptions } from "natterjack";
import { databaseOf } from "./database.ts";
import type { Asking, Link, LinkState, Listener } from "./link.ts";
import { part } from "./parts.ts";
import type { Form } from "./picture.ts";

/**
 * Brings a file of a message into the form in which it is sent. For example, it makes a picture
 * smaller.
 */
async function prepared({ file, name, prepare: form }: OutgoingFile): Promise<{ file: Blob; name?: string }> {
  const { prepare } = await part(() => import("./picture.ts"));
  const ready = await prepare(file instanceof File ? file : new File([file], name ?? "", { type: file.type }), form as Form);
  return { file: ready, name: ready.name };
}

/** The way to the server through a connection of this tab's own. */
export class DirectLink implements Link {
  readonly state = signal<LinkState>({ online: false, lostAt: Date.now(), nextTry: 0, session: "", limits: wire.defaultLimits });
  readonly client: Client;

  constructor(user: string, token: TokenSource, resume?: Position) {
    const storage = new IndexedDBStorage(databaseOf(user));
    this.client = new Client({ token, storage, prepare: prepared, ...(resume && { resume }) });
  }

  start(to: Listener): void {
    const { client } = this;
    client.on("event", (e) => to.event(e));
    client.on("reset", (r) => to.reset(r.channel));
    client.on("receipts", (r) => to.receipts(r));
    client.on("presence", (users) => to.presence(users));
    client.on("typing", (t) => to.typing(t));
    client.on("profiles", (users) => to.profiles(users));
    client.on("send", (m) => to.sent(m)); // messages that wait from before are told too
    client.on("state", (s) => this.#changed(s, to));
    client.start();
  }

  request<Name extends OperationName>(name: Name, params: Params<Name>, asking?: Asking): Promise<Reply<Name>> {
    return this.client.request(name, params, asking);
  }

  send(channel: string, content: wire.Content, clientID?: string, files: OutgoingFile[] = [], key?: string): void {
    if (clientID && this.client.sends(channel).some((m) => m.clientID === clientID)) return; // the client was told of it before
    this.client.send({ channel }, content, { files, ...(clientID && { clientID }), ...(key && { key }) });
  }

  retry(clientID: string): void {
    this.client.retry(clientID).catch(() => {}); // the state of the message is told
  }

  discard(clientID: string): void {
    this.client.discard(clientID);
  }

  read(channel: string, seq: number): void {
    this.client.read(channel, seq);
  }

  typing(channel: string): void {
    this.client.typing(channel);
  }

  watch(channels: string[]): void {
    this.client.watch(channels);
  }

  follow(users: string[]): void {
    this.client.follow(users);
  }

  present(state: "online" | "away" | "invisible"): void {
    this.client.present(state);
  }

  upload(channel: string, file: Blob, options: UploadOptions): Promise<wire.Attached> {
    return this.client.upload(channel, file, options);
  }

  async mediaURL(channel: string, seq: number, media: string, options: { rendition?: wire.Rendition; download?: boolean } = {}): Promise<string> {
    return (await this.client.mediaURL(channel, seq, media, options)).url;
  }

  hurry(): void {
    this.client.retryNow();
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  #changed(s: State, to: Listener): void {
    const before = this.state.peek();
    switch (s.phase) {
      case "connected":
        this.state.value = { online: true, lostAt: 0, nextTry: 0, session: s.session, limits: s.limits };
        return to.connected();
      case "ended":
        this.state.value = { ...before, online: false, session: "", lostAt: before.lostAt || Date.now(), nextTry: 0 };
        if (s.error instanceof FatalError) to.ended(s.error);
        return;
      case "waiting":
      case "connecting":
        this.state.value = {
          ...before, online: false, session: "", lostAt: before.lostAt || Date.now(),
          nextTry: s.phase === "waiting" ? s.nextTry : 0,
        };
    }
  }
}
