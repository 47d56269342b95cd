import { newClientID } from "./names.js";

/**
 * Returns the id of a new device, for subscribe_push: 128 random bits. The device keeps it, and
 * renews its subscription by it.
 */
export function newPushID(): string {
  return newClientID();
}

/**
 * Returns the secret of a new webhook, which is the key of subscribe_push: 256 random bits, as
 * Standard Webhooks writes them. The receiver verifies the calls by it. The server never tells it
 * again.
 */
export function newWebhookSecret(): string {
  return "whsec_" + btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
}
