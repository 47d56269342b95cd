import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Channels } from "./channels.ts";
import type { Link } from "./link.ts";
import { levelOf, Notices, noticePrefix, soundOf } from "./notices.ts";
import { Settings } from "./settings.ts";
import type { Message } from "./wire.ts";

const play = vi.hoisted(() => vi.fn(async () => {}));
vi.mock("./sounds.ts", () => ({ play }));

const group = "g" + "a".repeat(24);
let seq = 0;

const said = (more: Partial<Message> = {}): Message =>
  ({ channel: group, kind: "message", sender: "bob", seq: ++seq, timestamp: Date.now(), content: { text: "croak" }, ...more }) as Message;

describe("a message is heard", () => {
  const leads = signal(true);
  const link = { leads } as unknown as Link;
  let settings: Settings, channels: Channels, notices: Notices;
  const page = { hidden: true };
  const userActivation = { hasBeenActive: true };

  beforeEach(() => {
    vi.stubGlobal("document", page);
    Object.assign(navigator, { userActivation });
    page.hidden = userActivation.hasBeenActive = true;
    play.mockClear();
    leads.value = true;
    settings = new Settings(link);
    channels = new Channels("alice", link);
    channels.put([{ id: group, kind: "group", member_count: 3, seq: 0, active: 0, unread: 0 }]);
    notices = new Notices("alice", settings, channels, link);
  });

  afterEach(() => notices.close());

  const pass = () => new Promise((go) => setTimeout(go, 400)); // longer than a tab waits for others

  /** Takes a message, and returns whether it was heard. */
  const heard = async (m: Message, looked = false): Promise<boolean> => {
    notices.receive(m, looked);
    await pass();
    await vi.dynamicImportSettled();
    return play.mock.calls.length > 0;
  };

  test("when nobody looks", async () => {
    expect(await heard(said())).toBe(true);
    expect(play).toHaveBeenCalledWith("frog");
  });

  test("not when somebody looks, nor one's own, nor one that was missed", async () => {
    expect(await heard(said(), true)).toBe(false);
    expect(await heard(said({ sender: "alice" }))).toBe(false);
    expect(await heard(said({ timestamp: Date.now() - 3600_000 }))).toBe(false);
  });

  test("once of many that come together", async () => {
    for (let i = 0; i < 5; i++) await heard(said());
    expect(play).toHaveBeenCalledTimes(1);
  });

  test("not in a muted channel, until that time is over", async () => {
    channels.change(group, { mute: "0" });
    expect(await heard(said())).toBe(false);
    channels.change(group, { mute: String(Date.now() - 1) });
    expect(await heard(said())).toBe(true);
  });

  test("as the level of the channel says", async () => {
    settings.receive({ name: `notify/level/${group}`, value: "mentions" });
    expect(levelOf(settings, group)).toBe("mentions");
    expect(await heard(said())).toBe(false);
    expect(await heard(said({ content: { text: "@alice", mentions: [{ kind: "user", user: "alice", start: 0, length: 6 }] } }))).toBe(true);
    settings.receive({ name: `notify/level/${group}`, value: "none" });
    play.mockClear();
    notices.close();
    notices = new Notices("alice", settings, channels, link); // the one before is quiet for a moment
    expect(await heard(said({ content: { text: "@alice", mentions: [{ kind: "user", user: "alice", start: 0, length: 6 }] } }))).toBe(false);
  });

  test("as the level of all groups says, where a group has none of its own; it says nothing of direct channels", async () => {
    const set = vi.spyOn(settings, "set").mockResolvedValue();
    settings.receive({ name: "notify/level", value: "mentions" });
    expect([levelOf(settings, group), levelOf(settings, "alice~bob")]).toEqual(["mentions", "all"]);
    await notices.setLevel(group, "mentions");
    await notices.setLevel(group, "all");
    expect(set.mock.calls).toEqual([[`notify/level/${group}`, ""], [`notify/level/${group}`, "all"]]);
  });

  test("in the sound that is set", async () => {
    settings.receive({ name: noticePrefix + "sound", value: "none" });
    expect(soundOf(settings)).toBe("none");
    expect(await heard(said())).toBe(false);
    settings.receive({ name: noticePrefix + "sound", value: "drop" });
    await heard(said());
    expect(play).toHaveBeenCalledWith("drop");
  });

  describe("with two tabs", () => {
    let other: Notices;
    beforeEach(() => (other = new Notices("alice", settings, channels, { leads: signal(false) } as unknown as Link)));
    afterEach(() => other.close());

    test("once", async () => {
      const m = said();
      other.receive(m, false);
      await heard(m);
      expect(play).toHaveBeenCalledTimes(1);
    });

    test("not if somebody looks at it in the tab that does not lead", async () => {
      const m = said();
      other.receive(m, true);
      expect(await heard(m)).toBe(false);
      const later = said();
      notices.receive(later, false);
      other.receive(later, true);
      await pass();
      expect(play).not.toHaveBeenCalled();
    });

    test("in the one that was touched", async () => {
      const m = said();
      userActivation.hasBeenActive = false;
      notices.receive(m, false);
      userActivation.hasBeenActive = true;
      other.receive(m, false);
      await pass();
      await vi.dynamicImportSettled();
      expect(play).toHaveBeenCalledTimes(1);
    });

    test("in none that nobody has touched", async () => {
      userActivation.hasBeenActive = false;
      const m = said();
      other.receive(m, false);
      expect(await heard(m)).toBe(false);
    });
  });
});
