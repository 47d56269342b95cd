const again = 1000; // milliseconds between two tries
const enough = 3; // tries that fail although the server answers
const renewedKey = "natterjack.renewed";
const rarely = 60_000; // milliseconds between two reloads, in case they do not help

/**
 * Loads a part of the app, as often as that takes. A new server has other files: after some tries
 * the page that names them is loaded anew, as soon as that is possible. It rejects only if the
 * signal gone says that no caller waits.
 */
export async function part<T>(load: () => Promise<T>, gone?: AbortSignal): Promise<T> {
  for (let missing = 0; ; ) {
    gone?.throwIfAborted();
    try {
      return await load();
    } catch {
      await new Promise((go) => setTimeout(go, again));
    }
    if (gone?.aborted || !(await answers())) continue; // there is no network, or no server
    if (++missing >= enough) renew();
  }
}

/** Reports whether the server gives out the app. */
async function answers(): Promise<boolean> {
  try {
    return (await fetch("/", { method: "HEAD" })).ok;
  } catch {
    return false;
  }
}

function renew(): void {
  const last = Number(sessionStorage.getItem(renewedKey));
  if (Date.now() - last < rarely) return;
  sessionStorage.setItem(renewedKey, String(Date.now()));
  location.reload();
}
