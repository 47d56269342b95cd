import type { Opener } from "./link.js";
import { sleep } from "./time.js";
import { Tunnel } from "./tunnel.js";
import { pathPoll } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** Opens links whose frames are fetched by long polling. */
export const polls: Opener = {
  transport: "poll",
  lasts: false,
  refreshes: false,
  open(url, hello, to, settings) {
    const link = new Poll(url, hello, to, settings);
    link.begin();
    return link;
  },
};

/** The pause between polls that return at once with nothing new, in milliseconds. */
const pollPause = 1000;

class Poll extends Tunnel {
  /**
   * Repeats requests for the events after the position. The position moves as the receiver handles
   * events. The first request asks the server not to wait, because there is no session before the
   * welcome frame.
   */
  begin(): void {
    this.run(async () => {
      for (let welcomed = false; ; welcomed = true) {
        const [began, from] = [performance.now(), this.resume()];
        const headers = { Accept: "application/x-ndjson", ...(!welcomed && { Prefer: "wait=0" }) }; // RFC 7240, section 4.3
        const answer = await this.connect(pathPoll, headers);
        await this.passLines(answer, (line) => line);
        if (!moved(from, this.resume())) {
          await sleep(pollPause - (performance.now() - began), this.over.signal);
        }
      }
    });
  }
}

function moved(from: wire.Resume | undefined, to: wire.Resume | undefined): boolean {
  return !from || !to || from.epoch !== to.epoch || from.positions.some((pos, shard) => pos !== to.positions[shard]);
}
