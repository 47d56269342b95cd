// Sign-in with an OpenID Connect provider, by code and PKCE.

import assert from "node:assert/strict";
import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server } from "./server.mjs";

let browser, server, provider;

/**
 * A provider with one user, who is signed in there already. It checks what a real provider checks.
 */
class Provider {
  static async start() {
    const p = new Provider();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    Object.assign(p, { privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid: "k", use: "sig", alg: "RS256" }, codes: new Map(), good: new Set(), lifetime: 3600, refreshed: 0, refused: 0 });
    p.http = createServer((req, res) => void p.answer(req, res));
    p.http.listen(0, "127.0.0.1");
    await once(p.http, "listening");
    p.issuer = `http://127.0.0.1:${p.http.address().port}`;
    p.tokens = `http://localhost:${p.http.address().port}`; // the tokens come from another origin, as with large providers
    return p;
  }

  async answer(req, res) {
    const url = new URL(req.url, this.issuer), json = (body, status = 200) => {
      res.writeHead(status, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
      res.end(JSON.stringify(body));
    };
    if (url.pathname === "/.well-known/openid-configuration") {
      return json({ issuer: this.named ?? this.issuer, jwks_uri: this.issuer + "/keys", authorization_endpoint: this.issuer + "/authorize", token_endpoint: this.tokens + "/token", id_token_signing_alg_values_supported: ["RS256"] });
    }
    if (url.pathname === "/keys") return json({ keys: [this.jwk] });
    if (url.pathname === "/authorize") {
      const asked = Object.fromEntries(url.searchParams), code = randomUUID();
      this.codes.set(code, asked);
      res.writeHead(302, { Location: `${asked.redirect_uri}?code=${code}&state=${asked.state}` });
      return res.end();
    }
    let body = "";
    for await (const part of req) body += part;
    const form = Object.fromEntries(new URLSearchParams(body));
    if (form.grant_type === "refresh_token") {
      if (!this.good.delete(form.refresh_token)) { // each refresh token is good only once
        this.refused++;
        return json({ error: "invalid_grant" }, 400);
      }
      this.refreshed++;
      return json({ id_token: this.token(), refresh_token: this.refresh() });
    }
    const asked = this.codes.get(form.code);
    this.codes.delete(form.code);
    const proof = createHash("sha256").update(form.code_verifier ?? "").digest("base64url");
    if (!asked || proof !== asked.code_challenge || asked.code_challenge_method !== "S256" || form.redirect_uri !== asked.redirect_uri) return json({ error: "invalid_grant" }, 400);
    return json({ id_token: this.token(asked.nonce), refresh_token: this.refresh() });
  }

  refresh() {
    const token = randomUUID();
    this.good.add(token);
    return token;
  }

  token(nonce) {
    const part = (o) => Buffer.from(JSON.stringify(o)).toString("base64url"), now = Math.floor(Date.now() / 1000);
    const head = `${part({ alg: "RS256", kid: "k" })}.${part({ iss: this.issuer, aud: "chat", sub: "mio", iat: now, exp: now + this.lifetime, nonce })}`;
    return `${head}.${createSign("RSA-SHA256").update(head).sign(this.privateKey).toString("base64url")}`;
  }
}

before(async () => {
  provider = await Provider.start();
  server = await Server.start({ auth: { issuer: JSON.stringify(provider.issuer), audience: '"chat"' } });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
  provider?.http.close();
});

const arrive = async (path = "/", locale = "en-GB") => {
  const context = await browser.newContext({ locale });
  const p = new Person(context, server, "mio");
  await p.open(server.url + path);
  return p;
};

test("one signs in with the organisation, and comes back to where one wanted to go", async () => {
  const p = await arrive("/c/mio~nao");
  await p.page.getByRole("button", { name: "Sign in with your organisation" }).click();
  await p.title("nao");
  await p.page.locator(".me", { hasText: "mio" }).locator(".state[data-online=true]").waitFor();
  assert.equal(new URL(p.page.url()).search, "", "no code in the address");
  await p.page.reload();
  await p.title("nao");
  await p.close();
});

test("an answer that nobody asked for signs nobody in", async () => {
  const p = await arrive("/?code=stolen&state=other");
  await p.page.locator("[role=alert]", { hasText: "did not let you in" }).waitFor();
  assert.equal(new URL(p.page.url()).search, "");
  await p.close();
});

for (const [locale, button, says] of [["en-GB", "Sign in with your organisation", "has another name than this server expects"], ["ja-JP", "組織のアカウントでログイン", "設定と一致しません"]]) {
  test(`a provider that names itself otherwise than it is configured is not asked, ${locale}`, async () => {
    const p = await arrive("/", locale);
    provider.named = provider.issuer + "/";
    await p.page.getByRole("button", { name: button }).click();
    await p.page.locator("[role=alert]", { hasText: says }).waitFor();
    provider.named = undefined;
    await p.close();
  });
}

test("a token that expires is replaced without asking anybody", async () => {
  provider.lifetime = 50; // less than the minute for which a token must be good
  const p = await arrive();
  await p.page.getByRole("button", { name: "Sign in with your organisation" }).click();
  await p.page.locator(".me .state[data-online=true]").waitFor();
  assert.ok(provider.refreshed > 0, "no token was renewed");
  await p.close();
});

test("a tab that was duplicated goes on when the original has renewed the token and is gone", async () => {
  provider.lifetime = 50; // each connection needs another token
  const p = await arrive();
  await p.page.getByRole("button", { name: "Sign in with your organisation" }).click();
  const online = (page) => page.locator(".me .state[data-online=true]").waitFor();
  await online(p.page);
  const original = p.page;
  const [copy] = await Promise.all([p.context.waitForEvent("page"), original.evaluate(() => void window.open("/"))]); // the new window copies the session storage
  await online(copy);
  const renewed = provider.refreshed;
  await server.down();
  await server.up();
  await Promise.all([online(original), online(copy)]);
  assert.ok(provider.refreshed > renewed, "the original has renewed nothing");
  await original.close();
  await online(copy);
  await copy.reload();
  await online(copy);
  assert.equal(provider.refused, 0);
  await p.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
