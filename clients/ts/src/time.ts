/** Waits. It throws the reason of the signal as soon as the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, clampTimeout(ms));
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Returns a wait that setTimeout can keep: a longer one than 24 days would end at once. */
export function clampTimeout(ms: number): number {
  return Math.min(Math.max(ms, 0), 2 ** 31 - 1);
}

/** Returns a signal that is aborted after a wait, of whatever length. */
export function timeout(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(clampTimeout(ms)));
}

/** Returns a signal that is aborted as soon as one of the others is. An undefined one never is. */
export function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((s) => s !== undefined));
}
