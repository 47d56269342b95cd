// A real server for a file of tests: the natterjack binary on a free port over a fresh directory.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";

/** The root of the repository. */
export const root = path.resolve(import.meta.dirname, "../../..");

/** How long a test waits for anything. The machine may be busy with other tests. */
export const patience = 30_000;

/** Waits until a condition holds. */
export async function until(what, condition, time = patience) {
  const end = Date.now() + time;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("waited in vain until " + what);
}

/** Returns the binary: SERVER, or a binary that is built once for all files of tests. */
function binary() {
  if (process.env.SERVER) return process.env.SERVER;
  const built = path.join(tmpdir(), `natterjack-e2e-${process.ppid}`);
  if (!existsSync(built)) execFileSync("go", ["build", "-o", built, "./server"], { cwd: root, stdio: "inherit" });
  return built;
}

/** Writes the configuration that the program is shipped with, with other blocks. */
function configured(work, { limits, auth, push }) {
  let text = readFileSync(path.join(root, "nats.conf"), "utf8");
  const lines = (of) => Object.entries(of).map(([name, value]) => `    ${name}: ${value}\n`).join("");
  const change = (what, pattern, by) => {
    const changed = text.replace(pattern, by);
    if (changed === text) throw new Error(`nats.conf has no block of ${what} any more`);
    text = changed;
  };
  if (limits) change("limits", /  # limits \{\n(?:  #.*\n)*?  # \}\n/, `  limits {\n${lines(limits)}  }\n`);
  if (auth) change("auth", /^  auth \{\n/m, `  auth {\n${lines(auth)}`);
  if (push) change("push", /  # push \{\n(?:  #.*\n)*?  # \}\n/, `  push {\n${lines(push)}  }\n`);
  const file = path.join(work, "nats.conf");
  writeFileSync(file, text);
  return file;
}

/** Limits under which thousands of messages are written in seconds. */
export const wide = { commands_per_s: 100_000, user_commands_per_s: 100_000, channel_events_per_s: 100_000, groups_per_min: 10_000, members_per_min: 100_000, user_groups: 10_000 };

/**
 * Returns free ports. They are outside the range from which the kernel takes ports for outgoing
 * connections, so that no program takes the port of a node that is down.
 */
export async function freePorts(n) {
  const ports = [];
  for (let tries = 0; ports.length < n; tries++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createServer().listen(port, "127.0.0.1");
    const free = await once(probe, "listening").then(() => true, () => false);
    if (!free && tries > 1000) throw new Error("no free ports");
    if (!free || ports.includes(port)) continue;
    probe.close();
    await once(probe, "close");
    ports.push(port);
  }
  return ports;
}

// A test that fails may leave its node running. The process does not wait for such a node, and ends
// it.
const running = new Set();
process.on("exit", () => { for (const child of running) child.kill("SIGKILL"); });
process.on("SIGTERM", () => process.exit(1)); // the runner sends it when the file is out of time

/** A node of its own, which can be stopped and started again. */
export class Server {
  /**
   * Starts a node. The limits are those of the configuration that differ, for tests that write
   * much.
   */
  static async start({ flags = [], limits, auth, push } = {}) {
    const work = mkdtempSync(path.join(tmpdir(), "natterjack-web-"));
    const [port] = await freePorts(1);
    const listen = `127.0.0.1:${port}`; // not 0: it must be the same after a restart
    const args = ["--listen", listen, "--nats-listen", "127.0.0.1:0", "--data", path.join(work, "data"), ...flags];
    if (limits || auth || push) args.push("--config", configured(work, { limits, auth, push }));
    const s = new Server({ work, listen, args, secrets: path.join(work, "data", "secrets") });
    await s.up();
    return s;
  }

  constructor({ work, listen, args, secrets, env = {} }) {
    Object.assign(this, { work, args, secrets, env, url: `http://${listen}`, log: "" });
  }

  async up() {
    const child = this.child = spawn(binary(), this.args, { cwd: this.work, env: { ...process.env, ...this.env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (data) => { this.log += data; });
    running.add(child);
    child.on("exit", () => running.delete(child));
    for (const handle of [child, child.stdout, child.stderr]) handle.unref();
    this.ended = once(this.child, "exit");
    await until("the server is ready", async () => {
      if (this.child.exitCode !== null) throw new Error("the server ended:\n" + this.log);
      return fetch(this.url + "/readyz").then((r) => r.ok, () => false);
    });
  }

  async down(signal = "SIGTERM") {
    if (!this.running) return;
    this.child.ref();
    this.child.kill(signal);
    await this.ended;
  }

  get running() { return this.child?.exitCode === null && this.child.signalCode === null; }

  /** Ends the node and removes what it has stored. */
  async close() {
    await this.down("SIGKILL");
    rmSync(this.work, { recursive: true, force: true });
  }

  get secret() { return readFileSync(path.join(this.secrets, "sign-in"), "utf8").trim(); }

  /** The link that the server prints, with the secret. */
  get link() { return `${this.url}/#secret=${this.secret}`; }

  /** Returns a token of a user, for commands that the app does not give. */
  async token(user) {
    const answer = await fetch(this.url + "/v1/signin", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user, secret: this.secret }),
    });
    return (await answer.json()).token;
  }

  /** Returns all messages of a channel, as a user finds them in its history. */
  async history(user, channel) {
    const all = [];
    for (let before; ;) {
      const [{ events, more }] = await this.as(user, { type: "history", channel, limit: 100, ...(before && { before }) });
      all.unshift(...events);
      if (!more) return all;
      before = events[0].seq;
    }
  }

  /**
   * Gives commands as a user, and returns their replies. Refusals that may be retried are retried.
   */
  async as(user, ...commands) {
    const token = await this.token(user);
    const replies = [];
    for (let i = 0; i < commands.length;) {
      const part = commands.slice(i, i + 50).map((c, n) => JSON.stringify({ ref: n + 1, ...c }));
      const answer = await fetch(this.url + "/v1/frames", { method: "POST", headers: { Authorization: "Bearer " + token }, body: part.join("\n") + "\n" });
      const lines = (await answer.text()).trim().split("\n").map((l) => JSON.parse(l)).sort((a, b) => a.ref - b.ref);
      const refused = lines.findIndex((l) => l.type === "error" && l.retryable);
      const fatal = lines.find((l) => l.type === "error" && !l.retryable);
      if (fatal) throw new Error(`${fatal.code}: ${fatal.message}`);
      const done = refused < 0 ? lines.length : refused;
      replies.push(...lines.slice(0, done));
      i += done;
      if (refused >= 0) await new Promise((go) => setTimeout(go, lines[refused].retry_after ?? 200));
    }
    return replies;
  }
}
