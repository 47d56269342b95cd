// The ways through the door. They are loaded with the door.

import { finish, type Provider } from "./oidc.ts";
import type { Identity } from "./identity.ts";
import { expiryOf } from "./grant.ts";
import { development, enter, SignInError } from "./signin.ts";

/** Signs in by name. It throws what the server says if it refuses. */
export async function signInByName(user: string): Promise<void> {
  enter(await development(user));
}

/** Signs in with a token that was handed to the user. */
export async function signInWithToken(token: string): Promise<void> {
  enter(await identified(token, "token"));
}

/** How a person can sign in here. */
export interface Ways {
  development: boolean;
  provider?: Provider;
}

/** Asks the server how a person can sign in. */
export async function waysIn(): Promise<Ways> {
  const answer = await fetch("/v1/signin");
  const { development, issuer, client_id } = (await answer.json()) as { development: boolean; issuer?: string; client_id?: string };
  return { development, ...(issuer && client_id && { provider: { issuer, clientId: client_id } }) };
}

/**
 * Signs in with the code with which the organisation's provider has sent the person back, if it
 * has.
 */
export async function signInByOrganisation(): Promise<void> {
  const granted = await finish();
  if (!granted) return;
  const { issuer, clientId, refresh } = granted;
  const identity = await identified(granted.token, "organisation");
  enter({ ...identity, provider: { issuer, clientId }, ...(refresh && { refresh }) });
}

async function identified(token: string, by: Identity["by"]): Promise<Identity> {
  return { user: await whoIs(token), token, expires: expiryOf(token), by };
}

/** Asks the server which user a token belongs to. The client does not read what it cannot check. */
async function whoIs(token: string): Promise<string> {
  const answer = await fetch("/v1/poll", { method: "POST", body: JSON.stringify({ type: "connect", v: 1, token }) });
  const [line = "{}"] = (await answer.text()).split("\n");
  const frame = JSON.parse(line) as { type?: string; user?: string; code?: string; message?: string };
  if (frame.type !== "welcome" || !frame.user) throw new SignInError(frame.code ?? "unauthorized", frame.message ?? "", true);
  return frame.user;
}
