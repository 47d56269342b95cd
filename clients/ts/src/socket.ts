import { BlockedError, DisconnectedError, ExpiredError, FatalError } from "./errors.js";
import { encode } from "./codec.js";
import type { Link, Opener, Receiver } from "./link.js";
import type { Settings } from "./options.js";
import { closeCodes, pathWebSocket } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** Opens links over WebSocket. */
export const sockets: Opener = {
  transport: "websocket",
  lasts: true,
  refreshes: true,
  open: (url, hello, to, settings) => new Socket(url, hello, to, settings),
};

/** The part of the browser's WebSocket that is used here, with its handlers as they are. */
interface Plain {
  send(data: string): void;
  close(code?: number): void;
  readonly readyState?: number; // 1 is open
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
}

class Socket implements Link {
  readonly #socket: Plain;

  constructor(url: string, hello: () => wire.Connect, to: Receiver, settings: Settings) {
    let open = false;
    const WebSocketClass = settings.WebSocket!; // Route chooses this opener only if there is one
    const socket = (this.#socket = new WebSocketClass(url.replace(/^http/, "ws") + pathWebSocket) as unknown as Plain);
    socket.onopen = () => {
      open = true;
      socket.send(encode(hello())); // the token goes in a frame: a URL would be logged
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") to.message(data);
      else this.#end(to, new DisconnectedError("the server sent a message that is not text"));
    };
    socket.onclose = ({ code }) => {
      // Pages are not told why a handshake failed. It may be that only WebSocket does not get
      // through, so the next transport is tried at once.
      this.#end(to, open ? closed(code) : new BlockedError("no WebSocket to the server"));
    };
    socket.onerror = () => {}; // the close event follows
  }

  write(message: string): void {
    if ((this.#socket.readyState ?? 1) === 1) this.#socket.send(message); // else the close event follows
  }

  close(): void {
    const s = this.#socket;
    s.onopen = s.onmessage = s.onclose = null;
    s.close(1000);
  }

  #end(to: Receiver, error: Error): void {
    this.close();
    to.closed(error);
  }
}

const reasons = new Map<number, string>(Object.entries(closeCodes).map(([reason, code]) => [code, reason]));

/** The close codes from this one on say that a new connection would end the same way. */
const firstFinal = 4500;

function closed(code: number): Error {
  const reason = reasons.get(code) ?? String(code);
  if (code >= firstFinal && code < 5000) return new FatalError(`the server refuses the connection: ${reason}`);
  if (code === closeCodes.expired) return new ExpiredError("the token has expired");
  return new DisconnectedError(`the connection was closed: ${reason}`);
}
