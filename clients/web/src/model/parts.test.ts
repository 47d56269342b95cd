import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { part } from "./parts.ts";

const reload = vi.fn();
let answer: () => Promise<{ ok: boolean }>;

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.useFakeTimers();
  vi.stubGlobal("location", { reload });
  vi.stubGlobal("sessionStorage", { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) });
  vi.stubGlobal("fetch", () => answer());
  reload.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const missing = () => Promise.reject(new TypeError("404"));

test("a part is loaded again until it is there", async () => {
  answer = () => Promise.reject(new TypeError("no network"));
  let tries = 0;
  const loaded = part(() => (++tries < 9 ? missing() : Promise.resolve("it")));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await loaded).toBe("it");
  expect(reload).not.toHaveBeenCalled(); // without a server a reload would show nothing
});

test("when the server has other files the page is loaded anew, once a minute at most", async () => {
  answer = async () => ({ ok: true });
  const nobody = new AbortController();
  const loaded = part(missing, nobody.signal);
  loaded.catch(() => {});
  await vi.advanceTimersByTimeAsync(3000);
  expect(reload).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(50_000);
  expect(reload).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reload).toHaveBeenCalledTimes(2);
  nobody.abort();
  await vi.advanceTimersByTimeAsync(1000);
  await expect(loaded).rejects.toThrow();
});
