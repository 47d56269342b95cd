import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Server, someone, until } from "./server.js";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..");
const project = mkdtempSync(path.join(tmpdir(), "natterjack-ts-package-"));
let server: Server;

/** Makes the package, and a project that has it. */
beforeAll(async () => {
  server = await Server.start();
  await run("npm", ["pack", "--silent", "--pack-destination", project], { cwd: root });
  writeFileSync(path.join(project, "package.json"), '{"type": "module", "private": true}');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "./natterjack-1.0.0.tgz"], { cwd: project });
}, 180_000);
afterAll(async () => {
  await server.close();
  rmSync(project, { recursive: true, force: true });
});

test("the example of the README runs with the package", async () => {
  const example = path.join(root, "examples", "chat.mjs");
  expect(readFileSync(path.join(root, "README.md"), "utf8")).toContain("```js\n" + readFileSync(example, "utf8") + "```");
  copyFileSync(example, path.join(project, "chat.mjs"));
  const [ann, bob] = [someone("ann"), someone("bob")];
  const child = spawn(process.execPath, ["chat.mjs", ann, bob], { cwd: project, env: { ...process.env, NATTERJACK_URL: server.url, NATTERJACK_DATA: server.data } });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const ended = once(child, "exit");
  await until(() => said.includes("stored as message 1 of"));
  await server.client(bob).send({ to: ann }, "Hello yourself!").stored;
  await until(() => said.includes(`${bob}: Hello yourself!`));
  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  expect(said).toContain("(connected)");
  expect(said.trim().endsWith("(ended)")).toBe(true);
});

test("its types are whole for those who use them", async () => {
  writeFileSync(
    path.join(project, "use.ts"),
    `import { Client, IndexedDBStorage, wire } from "natterjack";
const client = new Client({ urls: "http://x", token: () => "t", storage: new IndexedDBStorage("x") });
client.on("event", (e: wire.Event) => e.content?.text);
export const page: Promise<wire.Page> = client.request("history", { channel: "a~b", limit: wire.maxMentions });
// @ts-expect-error a command takes nothing else
void client.request("history", { channel: "a~b", colour: "green" });
// @ts-expect-error a member is missing
void client.request("react", { channel: "a~b", seq: 1 });
// @ts-expect-error a message goes to one place
client.send({ channel: "a~b", to: "bob" }, "hello");
`,
  );
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  await run(tsc, ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "use.ts"], { cwd: project }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
});
