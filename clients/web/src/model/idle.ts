const idle = 2000; // milliseconds after which a page that cannot tell counts as idle

/** Does something once the page has nothing else to do. */
export function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(act);
  else setTimeout(act, idle); // Safari
}
