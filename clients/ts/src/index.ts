/**
 * The TypeScript client of Natterjack. {@link Client} is the way in; {@link wire} has the types of
 * the protocol.
 *
 * @module
 */
export { Client } from "./client.js";
export type { ClientEvents, OperationName, Params, Reply, Waiting } from "./client.js";
export type { Connected, State } from "./connection.js";
export {
  BlockedError,
  ClosedError,
  DisconnectedError,
  FatalError,
  ProtocolError,
  RefusedError,
  TransferError,
  UnansweredError,
} from "./errors.js";
export type { Item, Reset } from "./inbox.js";
export { IndexedDBStorage } from "./indexeddb.js";
export { inviteHash, newSecret } from "./invite.js";
export { directChannel, directUsers, newClientID, ownChannel, partner, validUser } from "./names.js";
export type { Options, Position, TokenSource, Transport, WebSocketLike } from "./options.js";
export { newPushID, newWebhookSecret } from "./push.js";
export { keepMessage } from "./sends.js";
export type { FileState, Outgoing, OutgoingFile, Sending, SendOptions, Target } from "./sends.js";
export { sha256 } from "./sha256.js";
export { signIn } from "./signin.js";
export { MemoryStorage } from "./storage.js";
export type { Storage } from "./storage.js";
export type { UploadOptions } from "./upload.js";
export * as wire from "./wire.gen.js";
