import type { Doing } from "./doing.ts";

/** Says why something failed, on the screen and to screen readers. */
export function Fault({ of }: { of: Doing }) {
  return <p class="is-failed note failure" role="alert">{of.fault.value}</p>;
}
