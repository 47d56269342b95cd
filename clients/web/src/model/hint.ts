const key = "natterjack.written";
const enough = 10; // messages written, after which the keys are known

/** Reports whether the user may not know the keys of the composer yet. */
export const keysAreNew = (): boolean => Number(localStorage.getItem(key) ?? 0) < enough;

/** Counts a message that was written. */
export function countWritten(): void {
  try {
    localStorage.setItem(key, String(Number(localStorage.getItem(key) ?? 0) + 1));
  } catch {
    // The storage is full or forbidden. The message is sent all the same, and the hint stays.
  }
}
