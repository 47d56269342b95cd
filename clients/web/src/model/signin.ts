import { FatalError, type TokenSource } from "natterjack";
import { signal } from "@preact/signals";
import { directLink } from "./directlazy.ts";
import { whenIdle } from "./idle.ts";
import { device } from "./push/here.ts";
import { toldHash } from "./push/talk.ts";
import type { Identity } from "./identity.ts";
import { part } from "./parts.ts";
import { removeDatabase } from "./database.ts";
import type { Link } from "./link.ts";
import { go } from "./route.ts";
import { forgetEmoji } from "./recent.ts";
import { TabLink } from "./tabs.ts";
import { Tokens } from "./tokens.ts";
import { Session } from "./session.ts";


/** The session of the user who is signed in; undefined at the door. */
export const session = signal<Session | undefined>(undefined);

/** The user who is signed in in this window, with the token that is good now. */
export const identity = signal<Identity | undefined>(undefined);

let pushBegun: Promise<void>; // resolves once the part about push has begun, which is loaded late
let before = ""; // the user who was signed in last in this window
let tokens: Tokens | undefined; // of the user who is signed in
let leaving: Session | undefined; // a session that ends because its user signs out

/** Why the user is at the door, if something went wrong. */
export const doorFault = signal<{ code: string; message: string } | undefined>(undefined);

// An identity belongs to a window, so that two windows can be two people. The secret of the
// development sign-in belongs to the browser, so a new window needs no link.
const identityKey = "natterjack.identity";
const secretKey = "natterjack.secret";
const lastUserKey = "natterjack.user";
const patience = 5000; // milliseconds for the server to be told that the user signs out
const fresh = 60_000; // a token that expires sooner is replaced before it is used

/**
 * Takes the secret from the link that the server printed. A fragment is never sent to a server, and
 * here it leaves the address bar too.
 */
export function takeSecret(): void {
  const secret = new URLSearchParams(location.hash.slice(1)).get("secret");
  if (secret === null) return;
  localStorage.setItem(secretKey, secret);
  history.replaceState(null, "", location.pathname);
}

/** Returns the name that was used last on this device. */
export const lastUser = (): string => localStorage.getItem(lastUserKey) ?? "";

/**
 * Goes on as the user who was signed in before a reload, or who has pressed on a notification. A
 * user who wants notifications on a device has said that the device is theirs.
 */
export function resume(): void {
  const stored = sessionStorage.getItem(identityKey);
  const pressed = location.hash === toldHash;
  if (pressed) history.replaceState(null, "", location.pathname);
  if (!stored && pressed) void import("./push/shared.ts").then((shared) => shared.told()).then((as) => as && !session.peek() && enter(as), () => {});
  if (!stored) return;
  try {
    enter(JSON.parse(stored) as Identity);
  } catch {
    sessionStorage.removeItem(identityKey);
  }
}

/**
 * Signs the user out in all windows of this browser. The server accepts none of their tokens after
 * that. Messages that were not sent are lost, so a caller asks the user before.
 */
export async function signOut(): Promise<void> {
  const s = session.peek();
  const all = tokens;
  if (!s || !all) return;
  await within(s.drafts.flush()); // the other devices keep the drafts
  const told = await within(pushBegun.then(() => device.peek()?.signOut())); // while the token is still good
  if (told) all.add(told.token, told.expires);
  all.out();
  leaving = s;
  await within(all.revoke());
  await forget(s);
}

/**
 * Leaves, and removes what this device keeps of the user. The next user of the device could read
 * it.
 */
async function forget(s: Session): Promise<void> {
  leaving = s;
  s.forget();
  if (lastUser() === s.me) localStorage.removeItem(lastUserKey);
  forgetEmoji();
  if (identity.peek()?.refresh) await within(part(() => import("./push/shared.ts")).then((shared) => shared.forgetHeirs(s.me)));
  before = "";
  go({ screen: "list" }, { replace: true });
  await leave();
  await removeDatabase(s.me);
}

/** Waits for something, but not long. */
const within = <T>(done: Promise<T>): Promise<T | void> =>
  Promise.race([done.catch(() => {}), new Promise<void>((late) => setTimeout(late, patience))]);

/**
 * Goes to the door. Messages that were not sent stay, because a user whose session was ended comes
 * back.
 */
export async function leave(fault?: { code: string; message: string }): Promise<void> {
  const s = session.peek();
  sessionStorage.removeItem(identityKey);
  session.value = undefined;
  identity.value = undefined;
  doorFault.value = fault;
  tokens?.close();
  tokens = undefined;
  await s?.close();
}

/** Enters as a user. They do not begin at the place where another user was before. */
export function enter(as: Identity): void {
  if (before && before !== as.user) go({ screen: "list" }, { replace: true });
  before = as.user;
  remember(as);
  doorFault.value = undefined;
  tokens?.close();
  tokens = new Tokens(as.user, () => {
    const s = session.peek();
    if (s) void forget(s);
  });
  const token = tokenSource(as, tokens);
  if ("locks" in navigator) begin(as.user, new TabLink(as.user, token));
  else void directLink().then((Direct) => begin(as.user, new Direct(as.user, token))); // locks need HTTPS or localhost
}

function begin(user: string, link: Link): void {
  const s = new Session(user, link);
  session.value = s;
  pushBegun = new Promise((begun) => whenIdle(() => void part(() => import("./push/start.ts")).then((push) => begun(void (session.peek() === s && push.start(s))))));
  s.start((error) => {
    if (session.peek() !== s || leaving === s) return;
    const cause = (error.cause ?? error) as { code?: string; message: string };
    void endTelling(user);
    void leave({ code: cause.code ?? "unauthorized", message: cause.message });
  });
}

/**
 * Ends the notifications on this device for a user whose sign-in has ended by itself. The next user
 * of the device must not see them. It works even before the part about push is loaded. It does
 * nothing if the user is back before.
 */
async function endTelling(user: string): Promise<void> {
  const { pause } = await part(() => import("./push/pause.ts"));
  await pause(user, () => session.peek()?.me === user).catch(() => {});
}

function remember(now: Identity): void {
  sessionStorage.setItem(identityKey, JSON.stringify(now));
  localStorage.setItem(lastUserKey, now.user);
  identity.value = now;
}

/** Returns a source that gives the token until it expires, and then another token. */
function tokenSource(as: Identity, all: Tokens): TokenSource {
  let now = as;
  all.add(now.token, now.expires);
  return async () => {
    if (now.expires > Date.now() + fresh) return now.token;
    try {
      now = await another(now);
    } catch (error) {
      if ((error as { final?: boolean }).final) throw new FatalError("sign-in is refused", error);
      throw error;
    }
    remember(now);
    all.add(now.token, now.expires);
    return now.token;
  };
}

/** Gets another token for one that expires. */
async function another(now: Identity): Promise<Identity> {
  if (now.by === "development") return await development(now.user);
  if (!now.provider || !now.refresh) throw new SignInError("expired", "", true);
  const { renewed } = await part(() => import("./push/shared.ts"));
  return await renewed(now);
}

/** Is thrown if sign-in is refused; final if another try would be refused too. */
export class SignInError extends Error {
  constructor(readonly code: string, message: string, readonly final: boolean) {
    super(message);
  }
}

/** Gets a token for a name, with the secret of this browser. */
export async function development(user: string): Promise<Identity> {
  const answer = await fetch("/v1/signin", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, secret: localStorage.getItem(secretKey) ?? "" }),
  });
  if (!answer.ok) {
    const { code = "", message = "" } = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
    throw new SignInError(code, message, answer.status < 500 && answer.status !== 429);
  }
  const { token, expires } = (await answer.json()) as { token: string; expires: number };
  return { user, token, expires, by: "development" };
}
