// A row that is far from the screen needs no picture yet.

const ahead = "800px";
const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

/**
 * Calls once as soon as an element is on screen or near it. The function that it returns gives up.
 */
export function whenNear(element: Element, near: () => void): () => void {
  observer ??= new IntersectionObserver(seen, { rootMargin: ahead });
  waiting.set(element, near);
  observer.observe(element);
  return () => observer!.unobserve(element);
}

function seen(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer!.unobserve(target);
    waiting.get(target)?.();
  }
}
