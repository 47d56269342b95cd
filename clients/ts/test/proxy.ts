import { once } from "node:events";
import net from "node:net";

/** What happens to a connection. */
export interface Fault {
  /** Ends the connection after so many bytes from the server. Those bytes still arrive. */
  cutAfter?: number;
  /** Lets nothing through any more after so many bytes from the server, and leaves it open. */
  stallAfter?: number;
  /** Ends the connection after so many bytes from the client have reached the server, whose answers are dropped. */
  deafAfter?: number;
  /** Ends the connection at once. */
  refuse?: boolean;
}

/** Stands between clients and a server, and breaks connections as it is told. */
export class Proxy {
  url = "";
  /** Is asked for each new connection. */
  fault: () => Fault = () => ({});
  /** How many connections there were. */
  connections = 0;
  /** How many faults have happened. */
  happened = 0;
  readonly #listener: net.Server;
  readonly #open = new Set<net.Socket>();

  private constructor(target: () => string) {
    this.#listener = net.createServer((client) => this.#serve(client, target()));
  }

  static async start(target: () => string): Promise<Proxy> {
    const p = new Proxy(target);
    p.#listener.listen(0, "127.0.0.1");
    await once(p.#listener, "listening");
    p.url = `http://127.0.0.1:${(p.#listener.address() as net.AddressInfo).port}`;
    return p;
  }

  #serve(client: net.Socket, target: string): void {
    this.connections++;
    const { cutAfter = Infinity, stallAfter = Infinity, deafAfter = Infinity, refuse } = this.fault();
    const { hostname, port } = new URL(target);
    const server = net.connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    const fail = () => {
      this.happened++;
      end();
    };
    for (const socket of [client, server]) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", () => {
        this.#open.delete(socket);
        end();
      });
    }
    if (refuse) return fail();
    let down = 0;
    let up = 0;
    let stalled = false;
    server.on("data", (data) => {
      if (stalled || up > deafAfter) return;
      const before = down;
      down += data.length;
      if (down > stallAfter) {
        stalled = true;
        this.happened++;
      } else if (down > cutAfter) client.end(data.subarray(0, cutAfter - before), fail);
      else client.write(data);
    });
    client.on("data", (data) => {
      if (stalled) return;
      up += data.length;
      server.write(data);
      if (up > deafAfter) setTimeout(fail, 20); // the server has got it by then
    });
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.cut();
    await once(this.#listener, "close");
  }
}
