import type { Owners } from "../model/push/owner.ts";

/** The build that the worker belongs to. */
export interface Build {
  /** The name of the build. Each build has another one. */
  version: string;
  /** The paths of all files that the app needs to open without a network. */
  files: readonly string[];
  /** The files that the page of this build names. */
  named: readonly string[];
}

/** The parts of the browser that the worker uses, so that a test can be the browser. */
export interface World {
  scope: ServiceWorkerGlobalScope;
  build: Build;
  owners: Owners;
  outbox: Outbox;
}

/** Keeps messages that are to be sent, where the app finds them when it is next opened. */
export interface Outbox {
  /** Keeps a message, and returns the function that forgets it once it is sent. */
  keep(user: string, channel: string, text: string, clientID: string): Promise<() => Promise<void>>;
}

/** Waits for something, but only for a time. After that time the result is undefined. */
export function within<T>(ms: number, what: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((done) => (timer = setTimeout(done, ms, undefined)));
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}
