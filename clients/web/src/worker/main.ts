// The service worker. It is built into one file of its own, /sw.js, and imports nothing at run
// time.

/// <reference lib="webworker" />
import { IndexedDBStorage, keepMessage } from "natterjack";
import { databaseOf } from "../model/database.ts";
import { openOwners } from "../model/push/owner.ts";
import { serve } from "./serve.ts";
import type { Build, Outbox } from "./world.ts";

declare const self: ServiceWorkerGlobalScope;
declare const __BUILD__: Build; // the build puts it here

const outbox: Outbox = {
  async keep(user, channel, text, clientID) {
    const storage = new IndexedDBStorage(databaseOf(user));
    const key = await keepMessage(storage, { channel }, { text }, clientID).finally(() => storage.close());
    return () => storage.delete(key).finally(() => storage.close());
  },
};

serve({ scope: self, build: __BUILD__, owners: openOwners(), outbox });
