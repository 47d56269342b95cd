import { beforeAll, expect, test, vi } from "vitest";
import type { Link } from "./link.ts";
import type { Hit } from "./search.ts";
import { side } from "./side.ts";

beforeAll(() => {
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  vi.stubGlobal("location", { pathname: "/", hash: "" });
});

interface Asked {
  query: string;
  after?: string;
  channel?: string;
  signal: AbortSignal;
  answer: (found: object) => Promise<void>;
}

/** Opens a search whose server answers when the test lets it. */
async function searching() {
  vi.useFakeTimers();
  const { Search } = await import("./search.ts");
  const asked: Asked[] = [];
  const request = (_: string, params: Asked, { signal }: { signal: AbortSignal }) => new Promise((resolve) => asked.push({
    ...params, signal,
    answer: async (found) => {
      resolve({ hits: [], count: 0, ...found });
      await vi.advanceTimersByTimeAsync(0);
    },
  }));
  const search = new Search({ request } as unknown as Link);
  const type = async (text: string) => {
    search.write(text);
    await vi.advanceTimersByTimeAsync(1000);
  };
  return { search, asked, type };
}

const hit = (seq: number) => ({ channel: "g", seq, highlights: [], content: { text: "" } }) as unknown as Hit;
const seqs = (hits: readonly Hit[] | undefined) => hits?.map((h) => h.seq);

test("waits for a pause in typing, and asks once", async () => {
  const { search, asked } = await searching();
  for (const text of ["f", "fr", "fro", "frog"]) {
    search.write(text);
    await vi.advanceTimersByTimeAsync(50);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.map((a) => a.query)).toEqual(["frog"]);
});

test("takes no answer to an older query", async () => {
  const { search, asked, type } = await searching();
  await type("old");
  await type("new");
  await asked[1]!.answer({ hits: [hit(2)], count: 1 });
  await asked[0]!.answer({ hits: [hit(1)], count: 9 });
  expect(seqs(search.hits.value)).toEqual([2]);
  expect(search.count.value).toBe(1);
  expect(search.loading.value).toBe(false);
});

test("puts a further page behind the one before, each hit once", async () => {
  const { search, asked, type } = await searching();
  await type("frog");
  await asked[0]!.answer({ hits: [hit(9), hit(8)], count: 3, at_least: true, next: "n1" });
  expect([search.atLeast.value, search.more.value]).toEqual([true, true]);
  void search.goOn();
  void search.goOn(); // while the first question is under way
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.map((a) => a.after)).toEqual([undefined, "n1"]);
  await asked[1]!.answer({ hits: [hit(8), hit(7)], count: 3 });
  expect(seqs(search.hits.value)).toEqual([9, 8, 7]);
  expect([search.atLeast.value, search.more.value]).toEqual([false, false]);
});

test("tells that the index is made anew, and why a query was refused", async () => {
  const { search, asked, type } = await searching();
  await type("frog");
  await asked[0]!.answer({ rebuilding: { done: 64, of: 100 } });
  expect(search.rebuilding.value).toEqual({ done: 64, of: 100 });
  await type("");
  expect([search.hits.value, search.rebuilding.value]).toEqual([undefined, undefined]);
  expect(asked.length).toBe(1); // an empty query asks the server nothing
});

test("gives up a query that is replaced, or whose pane is closed, and asks again in an open one", async () => {
  const { search, asked, type } = await searching();
  search.open("", "old");
  await vi.advanceTimersByTimeAsync(1000);
  await type("new");
  expect(asked.map((a) => a.signal.aborted)).toEqual([true, false]);
  side.value = undefined;
  expect(asked[1]!.signal.aborted).toBe(true);
  expect(search.loading.value).toBe(false);
  side.value = "search";
  await vi.advanceTimersByTimeAsync(1000);
  await asked[2]!.answer({ hits: [hit(1)], count: 1 });
  expect(asked.map((a) => a.query)).toEqual(["old", "new", "new"]);
  side.value = undefined;
  side.value = "search"; // with the earlier results
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.length).toBe(3);
  search.close();
});
