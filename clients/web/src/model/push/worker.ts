// The service worker, as the app sees it.

const address = "/sw.js";
const patience = 20_000; // for a worker to take in the build

/** Tells whether this browser has service workers here. They need HTTPS or localhost. */
export const hasWorkers = (): boolean => "serviceWorker" in navigator && isSecureContext;

let registered: Promise<ServiceWorkerRegistration> | undefined;

/**
 * Registers the worker, which keeps the app on the device and shows notifications, and waits until
 * it works.
 */
export function registration(): Promise<ServiceWorkerRegistration> {
  registered ??= register();
  registered.catch(() => (registered = undefined)); // the next call tries again
  return registered;
}

async function register(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(trusted() as string, { updateViaCache: "none" });
  const late = new Promise<never>((_, reject) => setTimeout(reject, patience, new Error("the worker does not begin")));
  return await Promise.race([navigator.serviceWorker.ready, late]);
}

interface Policy {
  createScriptURL(url: string): unknown;
}

let policy: Policy | undefined;

/**
 * Returns the address of the worker as a trusted value, which the page's policy requires as it does
 * for a script.
 */
function trusted(): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
  policy ??= trustedTypes?.createPolicy("natterjack-worker", { createScriptURL: only });
  return policy ? policy.createScriptURL(address) : address;
}

function only(url: string): string {
  if (url !== address) throw new TypeError("this is not the worker");
  return url;
}
