// Says hello to a user, and prints what comes: node chat.mjs alice bob
import { readFileSync } from "node:fs";
import { Client, signIn } from "natterjack";

const [user, partner] = process.argv.slice(2);
const url = process.env.NATTERJACK_URL ?? "http://127.0.0.1:8080";
const secret = readFileSync(`${process.env.NATTERJACK_DATA ?? "data"}/secrets/sign-in`, "utf8").trim();

const client = new Client({ urls: url, token: signIn({ url, user, secret }) });
client.on("state", (state) => console.log(`(${state.phase})`));
client.start();
process.once("SIGINT", () => client.close());

const { seq, channel } = await client.send({ to: partner }, `Hello, ${partner}!`).stored;
console.log(`stored as message ${seq} of ${channel}`);

for await (const item of client.events()) {
  if (item.type === "event" && item.kind === "message") console.log(`${item.sender}: ${item.content.text}`);
}
