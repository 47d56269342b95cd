const patience = 3000; // for this tab's own connection to end

/** Returns the name of a user's database, which is also that of the lock of the tab that has it open. */
export const databaseOf = (user: string): string => `natterjack.${user}`;

/** Removes the database of a user, unless another tab of theirs has it open. */
export async function removeDatabase(user: string): Promise<void> {
  if (!("locks" in navigator)) return await remove(user);
  const signal = AbortSignal.timeout(patience);
  await navigator.locks.request(databaseOf(user), { signal }, () => remove(user)).catch(() => {});
}

function remove(user: string): Promise<void> {
  return new Promise((done) => {
    const asked = indexedDB.deleteDatabase(databaseOf(user));
    asked.onsuccess = asked.onerror = asked.onblocked = () => done(); // a blocked one goes once it is closed
  });
}
