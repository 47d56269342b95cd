import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { backoff } from "../src/backoff.js";
import { BlockedError, DisconnectedError, RefusedError, ReopenError } from "../src/errors.js";
import { lines } from "../src/lines.js";
import { digits } from "../src/hex.js";
import { inviteHash, newSecret } from "../src/invite.js";
import { directChannel, directUsers, newClientID, partner } from "../src/names.js";
import { settingsOf, type Options } from "../src/options.js";
import { Route } from "../src/route.js";
import { padding, sha256, Sha256 } from "../src/sha256.js";
import { maxSecretLen, minSecretLen, patterns } from "../src/wire.gen.js";

const user = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);

test("a direct channel has two users, whoever opens it", () => {
  fc.assert(
    fc.property(user, user, (a, b) => {
      const channel = directChannel(a, b);
      expect(channel).toBe(directChannel(b, a));
      expect(channel).toMatch(patterns.channel);
      expect(directUsers(channel)).toEqual(a < b ? [a, b] : [b, a]);
      expect(partner(channel, a)).toBe(b);
    }),
  );
  for (const other of ["", "~", "~ann", "ann", "ann~", "bob~ann", "ann~bob~cem", "Ann~bob", "gaaaaaaaaaaaaaaaaaaaaaaaa"]) {
    expect(directUsers(other), other).toBeUndefined();
  }
});

test("ids and secrets are what the server takes", () => {
  expect(newClientID()).toMatch(patterns.clientID);
  const secret = newSecret();
  expect(secret.length).toBeGreaterThanOrEqual(minSecretLen);
  expect(secret.length).toBeLessThanOrEqual(maxSecretLen);
  expect(inviteHash(secret)).toBe(createHash("sha256").update(secret).digest("hex"));
});

describe("SHA-256", () => {
  test("in pieces is that of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        const [h, want] = [new Sha256(), createHash("sha256")];
        for (const piece of pieces) {
          h.update(piece);
          want.update(piece);
        }
        expect(digits(h.digest())).toBe(want.digest("hex"));
      }),
    );
  });

  test.each(["by the platform", "by ourselves"])("of a file is right %s", async (by) => {
    if (by === "by ourselves") vi.stubGlobal("crypto", {}); // as on pages that are not of HTTPS
    for (const size of [0, 1, 64, (256 << 10) - 1, (1 << 20) + 5]) {
      const bytes = new Uint8Array(size).map((_, i) => i * 31);
      expect(await sha256(new Blob([bytes]))).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
    vi.unstubAllGlobals();
  });

  test("ends in the length, however large that is", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (length) => {
        const end = padding(length);
        expect((BigInt(length) + BigInt(end.length)) % 64n).toBe(0n);
        expect(new DataView(end.buffer).getBigUint64(end.length - 8)).toBe(BigInt(length) * 8n);
        expect([...end.slice(0, -8)]).toEqual([0x80, ...Array<number>(end.length - 9).fill(0)]);
      }),
    );
  });
});

test("a wait grows, is jittered, and has bounds", () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(50_000), fc.nat(200), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (min, more, failures, random) => {
      const [max, wait] = [min + more, backoff(min, min + more, failures, () => random)];
      expect(wait).toBeGreaterThanOrEqual(failures > 0 ? min / 2 : 0);
      expect(wait).toBeLessThanOrEqual(failures > 0 ? max : min);
    }),
  );
  expect(backoff(200, 15_000, 3, () => 0)).toBe(800);
  expect(backoff(200, 15_000, 100, () => 1)).toBe(15_000);
});

test("lines come whole, however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }).map((s) => s.replace(/[\r\n\ufeff]/g, ""))), fc.integer({ min: 1, max: 9 }), fc.boolean(), async (texts, size, ended) => {
      const bytes = new TextEncoder().encode(texts.join("\n") + (ended ? "\n" : ""));
      const body = new ReadableStream<Uint8Array>({
        start(to) {
          for (let at = 0; at < bytes.length; at += size) to.enqueue(bytes.subarray(at, at + size));
          to.close();
        },
      });
      const got: string[] = [];
      for await (const line of lines(body)) got.push(line);
      const want = ended ? texts : texts.slice(0, texts.at(-1) === "" ? -1 : undefined);
      expect(got).toEqual(want.length === 0 && ended ? [""] : want);
    }),
  );
});

describe("route", () => {
  const settings = (o: Partial<Options> = {}) => settingsOf({ urls: ["http://a", "http://b"], token: () => "", WebSocket: class {} as never, ...o });
  const [lost, blocked] = [new DisconnectedError("lost"), new BlockedError("blocked")];

  test("tries each server before it waits for long", () => {
    const r = new Route(settings(), () => 0);
    expect(r.target().url).toBe("http://a");
    const waits = Array.from({ length: 8 }, () => r.failed(lost, 0, 0));
    expect(Math.max(...waits.slice(0, 2))).toBeLessThanOrEqual(200);
    expect(Math.min(...waits.slice(6))).toBeGreaterThanOrEqual(800);
    expect(r.target().url).toBe("http://a");
  });

  test("heeds the wait that a server asks for after a round", () => {
    const r = new Route(settings(), () => 0);
    const busy = new RefusedError({ code: "too_fast", message: "", retryable: true, retry_after: 9000 });
    expect(r.failed(busy, 0, 0)).toBeLessThan(9000);
    expect(r.failed(busy, 0, 0)).toBeGreaterThanOrEqual(9000);
  });

  test("goes around what is blocked, and comes back", () => {
    const r = new Route(settings(), () => 0);
    const over = () => r.target().opener.transport;
    expect(r.failed(blocked, 0, 1000)).toBe(0);
    expect(over()).toBe("stream");
    expect(r.failed(blocked, 0, 1000)).toBe(0);
    expect(over()).toBe("poll");
    expect(r.lease(1000)).toBe(600_000);
    r.failed(lost, 60_000, 61_000);
    expect(over()).toBe("poll");
    expect(r.failed(new ReopenError(""), 540_000, 601_000)).toBe(0);
    expect(over()).toBe("websocket");
    r.failed(blocked, 0, 601_000);
    r.failed(lost, 0, 601_000);
    expect(over()).toBe("websocket"); // no transport gets through: the server is not there
  });

  test("tries WebSocket again soon if it got through before", () => {
    const r = new Route(settings(), () => 0);
    r.welcomed();
    r.failed(blocked, 0, 0);
    expect(r.lease(0)).toBe(30_000);
    r.failed(new ReopenError(""), 30_000, 30_000);
    r.failed(blocked, 0, 30_000);
    expect(r.lease(30_000)).toBe(60_000);
  });

  test("keeps to the transport that was asked for, and needs no WebSocket", () => {
    const r = new Route(settings({ transport: "poll" }));
    r.failed(blocked, 0, 0);
    expect(r.target().opener.transport).toBe("poll");
    const s = settings();
    s.WebSocket = undefined;
    expect(new Route(s).target().opener.transport).toBe("stream");
  });
});

test("options are checked", () => {
  const token = () => "";
  for (const [wrong, of] of [
    [{ urls: [] }, "urls"],
    [{ urls: "ftp://x" }, "urls"],
    [{ urls: "http://x/?q" }, "urls"],
    [{ urls: "http://user:secret@x" }, "urls"],
    [{ urls: "nowhere" }, "urls"],
    [{ urls: "http://x", maxEvents: 0 }, "maxEvents"],
    [{ urls: "http://x", replyTimeoutMs: Number.NaN }, "replyTimeoutMs"],
  ] as [Partial<Options>, string][]) {
    expect(() => settingsOf({ token, ...wrong })).toThrow(`options.${of}`);
    expect(() => settingsOf({ token, ...wrong })).not.toThrow("secret");
  }
  expect(() => settingsOf({ urls: "http://x" } as Options)).toThrow("options.token");
  expect(settingsOf({ urls: "http://x/base//", token }).urls).toEqual(["http://x/base"]);
});
