import { IndexedDBStorage } from "natterjack";

const patience = 3000; // milliseconds for this tab's own connection to end

/**
 * Returns the name of a user's database, which is also that of the lock of the tab that has it
 * open.
 */
export const databaseOf = (user: string): string => `natterjack.${user}`;

/** Removes the database of a user, unless another tab of theirs has it open. */
export async function removeDatabase(user: string): Promise<void> {
  const remove = () => new IndexedDBStorage(databaseOf(user)).remove().catch(() => {});
  if (!("locks" in navigator)) return await remove();
  const signal = AbortSignal.timeout(patience);
  await navigator.locks.request(databaseOf(user), { signal }, remove).catch(() => {});
}
