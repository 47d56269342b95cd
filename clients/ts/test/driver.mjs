// Lets another program drive clients: the model test of conversations, which is written in Go. Each
// line on the standard input is a call, and each line on the standard output is an answer to one, or
// something that a client yields. It needs the built package: `npm run build`.
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { Client, RefusedError, signIn } from "../dist/index.js";

const clients = new Map(); // by the number that the caller gave

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

function open(number, { user, urls, secret, transport, resume, connectTimeoutMs, backoffMaxMs }) {
  const sources = urls.map((url) => signIn({ url, user, secret }));
  const client = new Client({
    urls, inOrder: true, transport, WebSocket, resume, connectTimeoutMs, backoffMaxMs,
    receipts: false, // the model says what was received
    token: async ({ signal }) => {
      let failed;
      for (const source of sources) {
        try {
          return await source({ signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(connectTimeoutMs / urls.length))]) });
        } catch (error) {
          failed = error;
        }
      }
      throw failed;
    },
  });
  client.on("event", (item) => say({ client: number, item }));
  client.on("reset", (item) => say({ client: number, item }));
  clients.set(number, client.start());
}

async function request(client, { type, ...params }) {
  switch (type) {
    case "send": {
      const { channel, to, client_id: clientID, content } = params;
      const sending = client.send(to === undefined ? { channel } : { to }, content, { clientID });
      return await sending.stored.finally(() => client.discard(sending.clientID)); // the model repeats refused ones itself
    }
    case "set_presence":
      client.present(params.state);
      return { type: "done" };
    default:
      return await client.request(type, params);
  }
}

const calls = {
  open: async ({ client, options }) => open(client, options),
  connected: async ({ client }) => await clients.get(client).connected(),
  request: async ({ client, command }) => await request(clients.get(client), command),
  close: async ({ client }) => {
    const closing = clients.get(client);
    clients.delete(client);
    await closing.close();
    say({ client, end: true });
    return closing.position ?? null;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, ...rest } = JSON.parse(line);
  calls[call](rest).then(
    (reply) => say({ id, reply }),
    (error) => say({ id, ...(error instanceof RefusedError ? { refused: { code: error.code, message: error.message, retryable: error.retryable } } : { failed: String(error?.stack ?? error) }) }),
  );
}
process.exit(0);
