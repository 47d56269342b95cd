// A push service like those of browsers. It takes only what a server has signed (RFC 8292), and
// decrypts it as a browser would (RFC 8291, RFC 8188).

import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { freePorts, until } from "./server.mjs";

const hmac = (key, ...parts) => parts.reduce((h, p) => h.update(p), createHmac("sha256", key)).digest();

export class PushService {
  static async start() {
    const [port] = await freePorts(1);
    const s = new PushService(port);
    s.http = createServer((request, response) => void s.#take(request, response)).listen(port, "127.0.0.1");
    await once(s.http, "listening");
    return s;
  }

  constructor(port) { Object.assign(this, { port, origin: `http://127.0.0.1:${port}`, browsers: new Map(), taken: [], refusals: [], status: 201 }); }

  /** The block of the configuration that lets a server use this service. */
  get block() { return { contact: '"mailto:ops@example.com"', allow: '["127.0.0.0/8"]', ports: `[ ${this.port} ]`, plain: true }; }

  /** Subscribes a browser, and returns what it gives to the page. */
  subscribe(key) {
    const [id, ecdh, auth] = [randomBytes(12).toString("base64url"), createECDH("prime256v1"), randomBytes(16)];
    const p256dh = ecdh.generateKeys();
    this.browsers.set(id, { ecdh, p256dh, auth, key });
    return { endpoint: `${this.origin}/p/${id}`, p256dh: p256dh.toString("base64url"), auth: auth.toString("base64url"), key };
  }

  /** Waits for the next push, and returns what it says. */
  async next(what) {
    await until(`the push service is given ${what}`, () => this.taken.length > 0).catch((e) => { throw new Error(`${e.message}; it has refused: ${this.refusals}`); });
    return this.taken.shift();
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const browser = this.browsers.get(request.url.split("/").pop());
      if (!browser) throw Object.assign(new Error("nobody is subscribed there"), { status: 410 });
      this.#checkSigned(request.headers.authorization, browser.key);
      const payload = JSON.parse(decrypt(Buffer.concat(chunks), browser));
      if (this.status === 201) this.taken.push({ payload, urgency: request.headers.urgency, topic: request.headers.topic });
      response.writeHead(this.status).end();
    } catch (error) {
      this.refusals.push(error.message);
      response.writeHead(error.status ?? 400).end(error.message);
    }
  }

  #checkSigned(authorization, key) {
    const [, token, signer] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization) ?? [];
    if (signer !== key) throw new Error("another key than the one of the subscription");
    const point = Buffer.from(signer, "base64url");
    const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
    const [head, body, signature] = token.split(".");
    const signed = verify("sha256", Buffer.from(`${head}.${body}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
    const { aud, exp, sub } = JSON.parse(Buffer.from(body, "base64url"));
    if (!signed || aud !== this.origin || exp * 1000 < Date.now() || !sub) throw new Error("the signature is not right");
  }

  close() { return new Promise((done) => { this.http.closeAllConnections(); this.http.close(done); }); }
}

function decrypt(body, { ecdh, p256dh, auth }) {
  const [salt, length] = [body.subarray(0, 16), body[20]];
  const [sender, sealed] = [body.subarray(21, 21 + length), body.subarray(21 + length)];
  const one = Buffer.from([1]);
  const input = hmac(hmac(auth, ecdh.computeSecret(sender)), "WebPush: info\0", p256dh, sender, one);
  const key = hmac(salt, input);
  const opened = createDecipheriv("aes-128-gcm", hmac(key, "Content-Encoding: aes128gcm\0", one).subarray(0, 16), hmac(key, "Content-Encoding: nonce\0", one).subarray(0, 12));
  opened.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([opened.update(sealed.subarray(0, -16)), opened.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString(); // padding follows
}

/**
 * Lets the browser of a context subscribe at a service. A browser without a screen cannot do so by
 * itself. Everything else of push is the browser's own.
 */
export async function subscribing(context, service) {
  await context.exposeFunction("subscribeAtTheService", (key) => service.subscribe(key));
  await context.addInitScript(() => {
    const place = "the browser's subscription";
    const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
    const text = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    const made = (s) => s && { endpoint: s.endpoint, options: { applicationServerKey: bytes(s.key) }, getKey: (name) => bytes(s[name]), unsubscribe: async () => { localStorage.removeItem(place); return true; } };
    PushManager.prototype.getSubscription = async () => made(JSON.parse(localStorage.getItem(place)));
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      localStorage.setItem(place, JSON.stringify(await window.subscribeAtTheService(text(applicationServerKey))));
      return made(JSON.parse(localStorage.getItem(place)));
    };
  });
}
