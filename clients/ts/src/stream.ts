import { BlockedError, DisconnectedError } from "./errors.js";
import type { Opener } from "./link.js";
import { Tunnel } from "./tunnel.js";
import { pathStream } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** Opens links whose frames come as server-sent events. */
export const streams: Opener = {
  transport: "stream",
  lasts: true,
  refreshes: false,
  open(url, hello, to, settings) {
    const link = new Stream(url, hello, to, settings);
    link.begin();
    return link;
  },
};

class Stream extends Tunnel {
  begin(): void {
    this.run(async () => {
      const answer = await this.connect(pathStream, { Accept: "text/event-stream" });
      const kind = answer.headers.get("Content-Type")?.split(";")[0];
      if (kind !== "text/event-stream") {
        throw new BlockedError(`instead of a stream came ${kind?.slice(0, 100) ?? "something"}`);
      }
      // Each data line is a frame (WHATWG HTML, section 9.2.6). Any other line shows that the
      // server is there.
      await this.passLines(answer, (line) => {
        if (!line.startsWith("data:")) return undefined;
        const frame = line.slice("data:".length);
        this.session ??= sessionOf(frame); // the first frame is the welcome; commands name it
        return frame;
      });
      throw new DisconnectedError("the server ended the stream");
    });
  }
}

function sessionOf(frame: string): string | undefined {
  try {
    return (JSON.parse(frame) as wire.Welcome).session;
  } catch {
    return undefined; // the code that decodes the frame says what is wrong
  }
}
