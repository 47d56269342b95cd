import type { Doing } from "./doing.ts";

/** Says why something failed, to the eye and to the ear. */
export function Fault({ of }: { of: Doing }) {
  return <p class="is-failed note failure" role="alert">{of.fault.value}</p>;
}
