/** What a browser tells of the network and of the page. */
export interface Platform {
  /**
   * Is called when the network is back or the page is visible again. The client then tries again at
   * once.
   */
  back: () => void;
  /** Is called when the network has gone, as far as the browser knows. */
  gone: () => void;
  /** Is called when the page may not come back. The client then stores at once what waits. */
  hidden: () => void;
}

/**
 * Listens to the browser. It does nothing outside of a browser. The function that it returns ends
 * the listening.
 */
export function watchPlatform(p: Platform): () => void {
  const over = new AbortController();
  const options = { signal: over.signal };
  if (typeof window !== "undefined" && typeof window.addEventListener === "function") {
    window.addEventListener("online", p.back, options);
    window.addEventListener("offline", p.gone, options);
    window.addEventListener("pagehide", p.hidden, options);
    window.addEventListener("pageshow", (e) => e.persisted && p.back(), options); // the page comes out of the back/forward cache
  }
  if (typeof document !== "undefined" && typeof document.addEventListener === "function") {
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? p.hidden() : p.back()), options);
  }
  return () => over.abort();
}
