import type { Asked, Known } from "../model/push/talk.ts";
import { within, type World } from "./world.ts";

const patience = 400; // a browser lets a click open a window only for a moment

/** A window of the app that has answered. */
export interface Awake {
  client: WindowClient;
  known: Known;
}

/** Talks with the windows of the app. */
export class Windows {
  constructor(readonly world: World) {}

  /**
   * Asks all windows what they know, and returns those of a user. The window that was looked at
   * last comes first.
   */
  async of(user: string, channels: readonly string[] = []): Promise<Awake[]> {
    const all = await this.world.scope.clients.matchAll({ type: "window", includeUncontrolled: true });
    const asked = all.map(async (client): Promise<Awake | undefined> => {
      const known = await within(patience, ask<Known>(client, { natterjack: "known", channels: [...channels] }));
      return known?.user === user ? { client: client as WindowClient, known } : undefined;
    });
    return (await Promise.all(asked)).filter((w) => w !== undefined);
  }

  /** Shows a place of the app: in a window of the user, or in a new one. */
  async open(user: string | undefined, path: string, hash = ""): Promise<void> {
    const [awake] = user === undefined ? [] : await this.of(user);
    if (!awake) return void (await this.world.scope.clients.openWindow(path + hash));
    const { client } = awake;
    client.postMessage({ natterjack: "open", path } satisfies Asked);
    await client.focus().catch(() => {}); // the browser may not allow it so late; the window shows the place all the same
  }
}

function ask<T>(client: Client, question: Asked): Promise<T> {
  return new Promise((answered) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (m: MessageEvent<T>) => {
      port1.close();
      answered(m.data);
    };
    client.postMessage(question, [port2]);
  });
}
