/** What a browser tells of the network and of the page. */
export interface Platform {
  /** The network is back, or the page is looked at again: what waits is tried now. */
  back: () => void;
  /** The network has gone, as far as the browser knows. */
  gone: () => void;
  /** The page may not come back: what waits is stored now. */
  hidden: () => void;
}

/** Listens to the browser. It does nothing outside of one. The result ends it. */
export function watchPlatform(p: Platform): () => void {
  const over = new AbortController();
  const options = { signal: over.signal };
  if (typeof window !== "undefined" && typeof window.addEventListener === "function") {
    window.addEventListener("online", p.back, options);
    window.addEventListener("offline", p.gone, options);
    window.addEventListener("pagehide", p.hidden, options);
    window.addEventListener("pageshow", (e) => e.persisted && p.back(), options); // out of the back/forward cache
  }
  if (typeof document !== "undefined" && typeof document.addEventListener === "function") {
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? p.hidden() : p.back()), options);
  }
  return () => over.abort();
}
