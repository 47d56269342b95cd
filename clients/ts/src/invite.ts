import { digits } from "./hex.js";
import { Sha256 } from "./sha256.js";

/** Returns the secret of a new invite: 192 random bits, in base64 for URLs. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** Returns the hash of an invite's secret, which is all that the server is told. */
export function inviteHash(secret: string): string {
  return digits(new Sha256().update(new TextEncoder().encode(secret)).digest());
}
