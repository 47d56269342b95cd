import { useRef } from "preact/hooks";

let ids = 0;

/** Returns an id that no other element of the page has. */
export function useUniqueId(): string {
  const id = useRef("");
  id.current ||= `id${++ids}`;
  return id.current;
}
