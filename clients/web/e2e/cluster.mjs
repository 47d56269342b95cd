// Three nodes of one cluster, and lines to them that can be cut.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, root, Server } from "./server.mjs";

const passwords = Object.fromEntries(["SERVICE", "OPERATOR", "SYS", "CLUSTER"].map((user) => [`NATTERJACK_${user}_PASSWORD`, "of-the-tests-only"]));

/** Starts three nodes, and returns them once all are ready. */
export async function cluster() {
  const work = mkdtempSync(path.join(tmpdir(), "natterjack-web-"));
  const secrets = path.join(work, "secrets");
  mkdirSync(secrets);
  writeFileSync(path.join(secrets, "sign-in"), "of-the-tests-only\n", { mode: 0o600 });
  const ports = await freePorts(9);
  const at = (i) => `127.0.0.1:${ports[i]}`;
  const routes = [0, 1, 2].map((i) => `"nats://${at(3 * i + 2)}"`).join(", ");
  const nodes = [0, 1, 2].map((i) => {
    const dir = path.join(work, `n${i + 1}`);
    mkdirSync(dir);
    const file = path.join(dir, "node.conf");
    writeFileSync(file, `include "${path.relative(dir, path.join(root, "nats.conf"))}"
server_name: n${i + 1}
listen: ${at(3 * i + 1)}
cluster { name: web, listen: ${at(3 * i + 2)}, authorization { user: node, password: $NATTERJACK_CLUSTER_PASSWORD }, routes: [${routes}] }
natterjack { listen: "${at(3 * i)}", auth { sign_in_dir: "${secrets}" }, media { off: true } }
`);
    return new Server({ work: dir, listen: at(3 * i), args: ["--config", file, "--data", path.join(dir, "data")], secrets, env: passwords });
  });
  await Promise.all(nodes.map((n) => n.up()));
  return { nodes, close: async () => { await Promise.all(nodes.map((n) => n.close())); rmSync(work, { recursive: true, force: true }); } };
}

/**
 * The way of one person to the nodes, as through a balancer: it leads to the first node that takes
 * connections. It can be cut.
 */
export class Line {
  #sockets = new Set();
  #cut = false;

  static async to(...nodes) {
    const line = new Line();
    line.nodes = nodes;
    line.listener = createServer((socket) => void line.#join(socket)).listen(0, "127.0.0.1");
    await once(line.listener, "listening");
    line.listener.unref(); // a test that fails may leave it open, and the process must end all the same
    line.url = `http://127.0.0.1:${line.listener.address().port}`;
    return line;
  }

  get link() { return `${this.url}/#secret=${this.nodes[0].secret}`; }

  async #join(socket) {
    socket.on("error", () => {}); // the socket is closed then
    for (const node of this.nodes) {
      if (this.#cut) break;
      const { hostname, port } = new URL(node.url);
      const far = connect(Number(port), hostname);
      const there = await once(far, "connect").then(() => true, () => false);
      if (!there) continue;
      for (const [a, b] of [[socket, far], [far, socket]]) {
        this.#sockets.add(a);
        a.on("error", () => {}).on("close", () => { this.#sockets.delete(a); b.destroy(); });
        a.pipe(b);
      }
      if (this.#cut || socket.destroyed) far.destroy();
      return;
    }
    socket.destroy();
  }

  /** Breaks all connections, and takes no new ones. */
  cut() {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() { this.#cut = false; }

  close() {
    this.cut();
    this.listener.close();
  }
}
