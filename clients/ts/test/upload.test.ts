import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RefusedError, sha256, TransferError, type wire } from "../src/index.js";
import type { Client } from "../src/client.js";
import { settingsOf, type Options } from "../src/options.js";
import { Uploads, type UploadOptions } from "../src/upload.js";
import { Server, someone, until } from "./server.js";

describe("with the real server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server.close());

  const content = new Uint8Array(300_000).map((_, i) => (i * i) >> 3);
  const file = new Blob([content], { type: "application/octet-stream" });

  test("a file goes out, into a message, and comes back", async () => {
    const [ann, bob] = [someone("ann"), someone("bob")];
    const [a, b] = [server.client(ann), server.client(bob)];
    const { channel } = await a.send({ to: bob }, "hello").stored;
    const told: number[] = [];
    const { attachment, ticket } = await a.upload(channel, file, { name: "Sommer 🐸.bin", progress: (stored) => told.push(stored) });
    expect(told.at(-1)).toBe(file.size);
    expect(attachment).toMatchObject({ name: "Sommer 🐸.bin", size: file.size, sha256: await sha256(file) });
    const { seq } = await a.send({ channel }, { text: "", attachments: [{ id: attachment.id, ticket, caption: "frogs" }] }).stored;
    const page = await b.request("history", { channel });
    const sent = page.events.at(-1)!.content!.attachments![0]!;
    const blob = await b.download(channel, seq, sent);
    expect(Buffer.from(await blob.arrayBuffer()).equals(Buffer.from(content))).toBe(true);
    const one = await b.mediaURL(channel, seq, sent.id, { download: true });
    expect((await b.mediaURL(channel, seq, sent.id, { download: true })).url).toBe(one.url);
    expect(await (await fetch(one.url)).arrayBuffer()).toHaveProperty("byteLength", file.size);
  });

  test("a picture of a user is uploaded for that purpose, and seen by another", async () => {
    const [ann, bob] = [someone("ann"), someone("bob")];
    const [a, b] = [server.client(ann), server.client(bob)];
    const square = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGNwaHAAIgYIBQAcDgQBeRASngAAAABJRU5ErkJggg==", "base64");
    const picture = new Blob([square], { type: "image/png" });
    const { attachment, ticket } = await a.upload("~" + ann, picture, { name: "me.png", purpose: "picture" });
    await a.request("set_profile", { picture: { id: attachment.id, ticket } });
    const { users } = await b.request("get_profiles", { users: [ann] });
    expect(users[0]!.picture!.id).toMatch(/^[a-z2-7]{26}$/);
  });

  test("a connection to storage that is lost does not end an upload or a download", async () => {
    const ann = someone("ann");
    let lost = 3;
    const flaky: typeof fetch = async (input, init) => {
      if (!String(input).includes("/v1/") && lost-- > 0) throw new TypeError("fetch failed");
      return await fetch(input, init);
    };
    const a = server.client(ann, { fetch: flaky, backoffMinMs: 5 });
    const { channel } = await a.send({ to: ann }, "hello").stored;
    const { attachment, ticket } = await a.upload(channel, file, { name: "x" });
    const { seq } = await a.send({ channel }, { text: "", attachments: [{ id: attachment.id, ticket }] }).stored;
    expect(lost).toBeLessThan(0);
    lost = 2;
    expect(await sha256(await a.download(channel, seq, attachment))).toBe(await sha256(file));
    await expect(a.download(channel, seq, { ...attachment, sha256: "0".repeat(64) })).rejects.toThrow("changed");
  });

  test("a download goes on where it broke off, or begins anew if storage knows no ranges", async () => {
    const ann = someone("ann");
    const ranges: (string | null)[] = [];
    let knowsRanges = true;
    const breaking: typeof fetch = async (input, init) => {
      if (String(input).includes("/v1/") || init?.method === "PUT") return await fetch(input, init);
      const headers = new Headers(init?.headers);
      ranges.push(headers.get("Range"));
      if (!knowsRanges) headers.delete("Range");
      const answer = await fetch(input, { ...init, headers });
      if (ranges.length > 1) return answer;
      const half = (await answer.bytes()).subarray(0, 100_000);
      const body = new ReadableStream({
        pull(to) {
          if (half.length > 0 && ranges.length === 1 && !sent) to.enqueue(half);
          else to.error(new TypeError("terminated"));
          sent = true;
        },
      });
      return new Response(body, { status: answer.status });
    };
    let sent = false;
    const a = server.client(ann, { fetch: breaking, backoffMinMs: 5 });
    const { channel } = await a.send({ to: ann }, "hello").stored;
    const { seq } = await a.send({ channel }, "", { files: [{ file, name: "z" }] }).stored;
    const { events } = await a.request("history", { channel });
    const attachment = events.at(-1)!.content!.attachments![0]!;
    for (const known of [true, false]) {
      [knowsRanges, sent, ranges.length] = [known, false, 0];
      expect(await sha256(await a.download(channel, seq, attachment))).toBe(await sha256(file));
      expect(ranges).toEqual([null, "bytes=100000-"]);
    }
  });

  test("an upload is cancelled, and goes on when it is asked for again", async () => {
    const ann = someone("ann");
    const stop = new AbortController();
    let puts = 0;
    const counting: typeof fetch = async (input, init) => {
      if (init?.method === "PUT" && ++puts === 1) stop.abort(new Error("enough"));
      return await fetch(input, init);
    };
    const a = server.client(ann, { fetch: counting });
    const { channel } = await a.send({ to: ann }, "hello").stored;
    await expect(a.upload(channel, file, { name: "y", signal: stop.signal })).rejects.toThrow("enough");
    await expect(a.upload(channel, file, { name: "y", signal: stop.signal })).rejects.toThrow("enough");
    expect(puts).toBe(1);
    expect((await a.upload(channel, file, { name: "y" })).attachment.name).toBe("y");
    expect((await a.upload(channel, file, { name: "y" })).attachment.name).toBe("y");
    expect(puts).toBe(2); // the server had it already
  });
});

describe("with a storage that a test plays", () => {
  const size = 250;
  const file = new Blob([new Uint8Array(size)], { type: "text/plain; charset=utf-8" });

  /** Storage with parts of 100 bytes, and the server's answers about it. */
  class Played {
    readonly has = new Set<number>();
    readonly asked: string[] = [];
    readonly puts: number[] = [];
    answer: (part: number) => number = () => 200;
    complete: () => wire.Attached = () => ({ type: "attachment", attachment: { id: "m" }, ticket: "t", expires: 0 });
    expires = Date.now() + 60_000;

    request = (async (name: string, params: { sha256?: string; media_type?: string }) => {
      this.asked.push(name);
      if (name === "complete_upload") return this.complete();
      expect(params.media_type).toBe("text/plain");
      const missing = [1, 2, 3].filter((n) => !this.has.has(n));
      return {
        type: "upload", media: "m", room: 0, method: "PUT", expires: this.expires, part_size: 100, stored: missing.length === 0, has: 100 * this.has.size,
        parts: missing.map((number) => ({ number, size: number === 3 ? 50 : 100, url: `http://storage/${number}`, headers: { "X-Part": String(number) } })),
      };
    }) as unknown as Client["request"];

    fetch = (async (url: string, init: { body: Blob; headers: { "X-Part": string } }) => {
      const part = Number(url.slice(-1));
      expect(init.headers["X-Part"]).toBe(String(part));
      expect(init.body.size).toBe(part === 3 ? 50 : 100);
      this.puts.push(part);
      const status = this.answer(part);
      if (status === 0) throw new TypeError("fetch failed");
      if (status === 200 || status === 412) this.has.add(part);
      return new Response(status === 200 ? "" : "<Error>why</Error>", { status });
    }) as unknown as typeof fetch;

    upload(options: UploadOptions = {}): Promise<wire.Attached> {
      const o: Options = { urls: "http://x", token: () => "", fetch: this.fetch, backoffMinMs: 1, backoffMaxMs: 2 };
      return new Uploads(settingsOf(o), this.request).upload("a~b", file, options);
    }
  }

  test("parts go out one after another, and only those that are missing", async () => {
    const p = new Played();
    p.has.add(2);
    const told: number[] = [];
    await p.upload({ progress: (stored) => told.push(stored) });
    expect(p.puts).toEqual([1, 3]);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(size);
    expect(p.asked).toEqual(["reserve_upload", "reserve_upload", "complete_upload"]);
  });

  test("a part that fails is tried again, and what was told goes back", async () => {
    const p = new Played();
    let broken = 1;
    p.answer = (part) => (part === 2 && broken-- > 0 ? 0 : 200);
    const told: number[] = [];
    await p.upload({ progress: (stored) => told.push(stored) });
    expect(p.puts).toEqual([1, 2, 2, 3]);
    expect(told.at(-1)).toBe(size);
  });

  test("a URL that has expired is replaced", async () => {
    const p = new Played();
    p.expires = Date.now() - 1;
    await p.upload();
    expect(p.puts).toEqual([1, 2, 3]);
    expect(p.asked.filter((name) => name === "reserve_upload")).toHaveLength(4);
  });

  test("bytes that are there already are no error", async () => {
    const p = new Played();
    p.answer = () => 412;
    await p.upload();
    expect(p.has.size).toBe(3);
  });

  test.each([[403, 5], [507, 5]])("storage that answers %i is tried some times only", async (status, times) => {
    const p = new Played();
    p.answer = () => status;
    const failed = (await p.upload().catch((error: unknown) => error)) as TransferError;
    expect(failed).toBeInstanceOf(TransferError);
    expect(failed.status).toBe(status);
    expect(failed.message).not.toContain("http");
    expect(p.puts).toHaveLength(times);
  });

  test("storage that claims to have what the server lacks does not hold the client for ever", async () => {
    const p = new Played();
    p.answer = () => 412;
    p.has.add = () => p.has;
    await expect(p.upload()).rejects.toThrow(TransferError);
  });

  test("an upload that arrived damaged is made again, some times", async () => {
    const p = new Played();
    let damaged = 1;
    p.complete = () => {
      if (damaged-- <= 0) return { type: "attachment", attachment: { id: "m" }, ticket: "t", expires: 0 };
      p.has.clear();
      throw new RefusedError({ code: "invalid", message: "the bytes are others", retryable: false });
    };
    expect((await p.upload()).ticket).toBe("t");
    expect(p.puts).toHaveLength(6);
    damaged = 100;
    await expect(p.upload()).rejects.toMatchObject({ code: "invalid" });
  });

  test("three files go out at once, and a cancelled one makes room", async () => {
    const p = new Played();
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const running = new Set<object>();
    let most = 0;
    const gated = async (...args: Parameters<typeof fetch>) => {
      const one = {};
      most = Math.max(most, running.add(one).size);
      await gate;
      return await p.fetch(...args).finally(() => running.delete(one));
    };
    const uploads = new Uploads(settingsOf({ urls: "http://x", token: () => "", fetch: gated as typeof fetch }), p.request);
    const stop = new AbortController();
    const all = Array.from({ length: 5 }, (_, i) => uploads.upload("a~b", file, i === 3 ? { signal: stop.signal } : {}));
    await until(() => running.size === 3);
    stop.abort();
    await expect(all[3]).rejects.toMatchObject({ name: "AbortError" });
    release();
    await Promise.all(all.filter((_, i) => i !== 3));
    expect(most).toBe(3);
  });
});
