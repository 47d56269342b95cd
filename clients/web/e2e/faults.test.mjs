// Whatever breaks in the middle of a conversation, no message is lost, none is doubled, and all
// members see them in one order, which is the server's.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { cluster, Line } from "./cluster.mjs";
import { launch, Person, phone } from "./person.mjs";
import { patience, Server, until } from "./server.mjs";

const last = 40; // messages that are compared; after any reload so many are on the screen

let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/** Three people in a group: two at windows, and one with a phone. Each has their own line. */
class Party {
  static async of(nodes) {
    const p = new Party();
    p.nodes = nodes;
    p.lines = await Promise.all(nodes.length > 1 ? [0, 1, 2].map((i) => Line.to(...nodes.slice(i), ...nodes.slice(0, i))) : [0, 1, 2].map(() => Line.to(nodes[0])));
    [p.alice, p.bob, p.carol] = p.people = await Promise.all(["alice", "bob", "carol"].map((name, i) => Person.arrive(browser, p.lines[i], name, i === 2 ? phone : {})));
    await p.alice.makeGroup("Marsh", "bob", "carol");
    p.channel = new URL(p.alice.page.url()).pathname.split("/").at(-1);
    await Promise.all([p.bob.go("Marsh"), p.carol.go("Marsh")]);
    p.said = new Map(p.people.map((one) => [one, []]));
    return p;
  }

  get node() { return this.nodes.find((n) => n.running); }

  /** Lets a person write a number of messages, without a wait for any of them. */
  async write(who, n, between = 0) {
    const mine = this.said.get(who);
    for (let i = 0; i < n; i++) {
      const text = `${who.name} ${mine.length + 1}`;
      mine.push(text);
      await who.say(text);
      if (between) await pause(between);
    }
  }

  /** Lets everybody write while something happens. */
  async amid(what) {
    let over = false;
    const talking = this.people.map(async (who) => { do await this.write(who, 1, 150); while (!over); });
    await what().finally(() => (over = true));
    await Promise.all(talking);
  }

  /** Fails unless the server and all screens have each message once, in one order. */
  async agree() {
    for (const who of this.people) await quiet(who);
    const stored = (await this.node.history("alice", this.channel)).filter((e) => e.kind === "message");
    for (const [who, said] of this.said) {
      assert.deepEqual(stored.filter((e) => e.sender === who.name).map((e) => e.content.text), said, `what ${who.name} wrote, as the server has it`);
    }
    assert.deepEqual(stored.map((e) => e.seq), stored.map((_, i) => i + 1));
    for (const who of this.people) await who.sees(...stored.slice(-last).map((e) => e.content.text));
  }

  async close() {
    await Promise.all(this.people.map((p) => p.close()));
    for (const line of this.lines) line.close();
  }
}

/** Waits until no message of a person waits to be stored. */
async function quiet(who) {
  const waiting = who.page.locator(".msg[data-pending]");
  await until(`${who.name} has nothing that waits`, async () => (await waiting.count()) === 0, 3 * patience).catch(async (e) => {
    throw new Error(`${e.message}; there is ${JSON.stringify(await waiting.allInnerTexts())} and ${await who.page.locator(".state").first().textContent()}`);
  });
}

/** Waits until a number of messages of a person wait to be stored. */
const waits = (who, n) => until(`${n} messages of ${who.name} wait`, async () => (await who.page.locator(".msg[data-pending]").count()) === n);

describe("one node", () => {
  let server, party;
  before(async () => {
    server = await Server.start();
    party = await Party.of([server]);
  });
  after(async () => {
    await party?.close();
    await server?.close();
  });
  afterEach(async () => await party?.agree());

  test("a page is loaded anew in the middle of sending", async () => {
    for (let i = 0; i < 5; i++) {
      await party.write(party.alice, 6);
      await party.alice.page.reload();
      await party.alice.title("Marsh");
    }
  });

  test("a page is loaded anew in the very moment of sending", async () => {
    const { alice } = party, mine = party.said.get(alice);
    for (let i = 0; i < 5; i++) {
      mine.push(`alice ${mine.length + 1}`);
      await alice.area.fill(mine.at(-1));
      await alice.area.evaluate((area) => {
        area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        location.reload();
      });
      await alice.page.waitForLoadState();
      await alice.title("Marsh");
      await alice.sees(mine.at(-1));
    }
  });

  // The client cannot know which of the two has happened.
  for (const [way, what] of [["answers", "were stored, but nobody said so"], ["commands", "have not left"]]) {
    test(`messages that ${what} when a page is loaded anew are stored once`, async () => {
      const { alice, bob } = party;
      const silent = await Person.arrive(browser, party.lines[0], "alice"); // in a browser of its own
      let held = false;
      await silent.page.routeWebSocket(/./, (near) => {
        const far = near.connectToServer();
        far.onMessage((m) => { if (!held || way !== "answers") near.send(m); });
        near.onMessage((m) => { if (!held || way !== "commands") far.send(m); });
      });
      await silent.page.reload();
      await silent.go("Marsh");
      await silent.sees(...(await alice.texts()).slice(-3));
      held = true;
      const mine = party.said.get(alice), texts = [1, 2, 3].map((i) => `alice ${mine.length + i}`);
      mine.push(...texts);
      for (const text of texts) await silent.say(text);
      if (way === "answers") await bob.message(texts[0]).waitFor(); // the other messages may wait for its answer
      await waits(silent, 3);
      held = false;
      await silent.page.reload();
      await silent.sees(...texts);
      await quiet(silent);
      await silent.close();
    });
  }

  test("who is offline for half a minute writes on, and reads what the others wrote", async () => {
    const { alice, carol, bob } = party;
    for (const [who, line] of [[alice, party.lines[0]], [carol, party.lines[2]]]) {
      await who.context.setOffline(true);
      line.cut(); // a browser that is set offline keeps its open sockets
    }
    await alice.page.locator(".banner", { hasText: "You’re offline" }).waitFor();
    const over = pause(30_000);
    await Promise.all([party.write(alice, 8, 500), party.write(carol, 3), party.write(bob, 5, 300)]);
    await waits(alice, 8);
    await alice.message("alice").last().locator(".mark.is-waiting").waitFor();
    await over;
    assert.equal((await server.history("bob", party.channel)).at(-1).sender, "bob");
    for (const [who, line] of [[alice, party.lines[0]], [carol, party.lines[2]]]) {
      line.mend();
      await who.context.setOffline(false);
    }
    await alice.page.locator(".banner").waitFor({ state: "detached" });
  });

  for (const signal of ["SIGTERM", "SIGKILL"]) {
    test(`the server is started anew after ${signal}`, () => party.amid(async () => {
      await pause(1000);
      await server.down(signal);
      await pause(1000);
      await server.up();
      await party.alice.page.locator(".state[data-online=true]").waitFor();
    }));
  }
});

test("a node of three is killed, and comes back", async () => {
  const three = await cluster();
  const party = await Party.of(three.nodes);
  try {
    for (const node of three.nodes) {
      await party.amid(async () => {
        await pause(500);
        await node.down("SIGKILL");
        await until("the two others store", async () => (await party.bob.page.locator(".msg[data-pending]").count()) === 0);
        await node.up();
      });
      await party.agree();
    }
  } finally {
    await party.close();
    await three.close();
  }
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
