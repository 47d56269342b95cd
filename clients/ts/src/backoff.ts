/**
 * Returns the wait after a number of failures, in milliseconds. It doubles with each failure, and
 * is jittered, so that clients which lost the same server do not all come back at the same time.
 * The first wait is anything up to min. Later waits are at least half their full length.
 */
export function backoff(min: number, max: number, failures: number, random = Math.random): number {
  if (failures <= 0) return random() * min;
  const full = Math.min(max, min * 2 ** Math.min(failures, 32));
  return full / 2 + random() * (full / 2);
}
