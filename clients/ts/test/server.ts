import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import { Client, signIn, type Options, type TokenSource } from "../src/index.js";

/** The real server, over a fresh data directory. Its address stays the same when it starts again. */
export class Server {
  url = "";
  /** Its data directory. */
  readonly data = mkdtempSync(path.join(tmpdir(), "natterjack-ts-data-"));
  readonly #args: string[];
  #process: ChildProcess | undefined;
  #log = "";
  readonly #clients: Client[] = [];

  private constructor(args: string[]) {
    this.#args = args;
  }

  static async start(...args: string[]): Promise<Server> {
    const server = new Server(args);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const listen = this.url === "" ? "127.0.0.1:0" : this.url.replace("http://", "");
    const args = ["--data", this.data, "--listen", listen, "--nats-listen", "127.0.0.1:0", "--drain", "1s", ...this.#args];
    const child = (this.#process = spawn(inject("binary"), args, { cwd: this.data, stdio: ["ignore", "pipe", "pipe"] }));
    const ready = /ready (http:\/\/\S+)/;
    const from = this.#log.length;
    await new Promise<void>((resolve, reject) => {
      const hear = (data: Buffer) => {
        this.#log += data.toString();
        const found = ready.exec(this.#log.slice(from));
        if (!found) return;
        this.url = found[1]!;
        resolve();
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", hear);
      child.once("exit", () => reject(new Error("the server ended:\n" + this.#log)));
    });
  }

  /** Kills the server as kill -9 does, or asks it to end. */
  async stop(signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  signIn(user: string): TokenSource {
    return async (request) => await signIn({ url: this.url, user, secret: this.#secret() })(request);
  }

  #secret(): string {
    return readFileSync(path.join(this.data, "secrets", "sign-in"), "utf8").trim();
  }

  /** Makes a client that ends with the server. */
  client(user: string, options: Partial<Options> = {}): Client {
    const client = new Client({ urls: this.url, token: this.signIn(user), backoffMaxMs: 1000, ...options });
    this.#clients.push(client);
    return client.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((c) => c.close()));
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** Returns a name that no other test uses. */
export function someone(name: string): string {
  return `${name}-${Math.random().toString(36).slice(2, 10)}`;
}

/** Waits until something is so. The test's own time bounds it. */
export async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 10));
}
