import { digits } from "./hex.js";
import { patterns } from "./wire.gen.js";

/** Reports whether a name of a user is valid. */
export function validUser(user: string): boolean {
  return patterns.user.test(user);
}

/** Returns the one direct channel of two users, whichever of them opens it: "alice~bob". */
export function directChannel(a: string, b: string): string {
  return a < b ? `${a}~${b}` : `${b}~${a}`; // names are ASCII, so this is the order of bytes
}

/** Returns the two users of a direct channel, in order, or undefined if it is another channel. */
export function directUsers(channel: string): [string, string] | undefined {
  const [a, b, ...rest] = channel.split("~");
  if (a === undefined || b === undefined || rest.length > 0) return undefined;
  return validUser(a) && validUser(b) && a <= b ? [a, b] : undefined;
}

/**
 * Returns the other user of a direct channel. If a user talks to themselves, it returns that user.
 */
export function partner(channel: string, user: string): string | undefined {
  const users = directUsers(channel);
  return users && (users[0] === user ? users[1] : users[0]);
}

/** Returns the channel of a user's own settings: "~alice". */
export function ownChannel(user: string): string {
  return "~" + user;
}

/** Returns a client id of 128 random bits. */
export function newClientID(): string {
  return digits(crypto.getRandomValues(new Uint8Array(16)));
}
