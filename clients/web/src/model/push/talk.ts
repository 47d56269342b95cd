// What the service worker and the windows of the app say to each other.

/** What the worker asks a window. The window answers over the port that comes with the question. */
export type Asked =
  /** Which user is signed in there, and how far have they read these channels? */
  | { natterjack: "known"; channels: string[] }
  /** Show a place of the app. */
  | { natterjack: "open"; path: string };

/** What a window answers when it is asked what it knows. */
export interface Known {
  user: string;
  /** Whether the window is connected, so that what it knows is up to date. */
  online: boolean;
  /** How far the user has read, by channel. */
  read: Record<string, number>;
  /** How many messages are unread in all, if the window knows. */
  unread: number | undefined;
}

/** What the worker tells a window by itself. */
export type Told = { natterjack: "subscribed" };

/** What the worker remembers with each notification that it shows. */
export interface Shown {
  user: string;
  kind: string;
  channel: string;
  seq: number;
  title: string;
  body: string;
}

/** The end of an address that the worker opens, by which the app knows that it was the worker. */
export const toldHash = "#told";
