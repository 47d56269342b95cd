import { useSignal, type ReadonlySignal } from "@preact/signals";
import { explain, faultOf } from "../model/explain.ts";

/** Something that a person does and that may be refused. */
export interface Doing {
  readonly busy: ReadonlySignal<boolean>;
  /** Why it failed, in a sentence; "" if it did not. */
  readonly fault: ReadonlySignal<string>;
  /** Does something, and reports whether it was done. Meanwhile nothing else can be done. */
  run(act: () => Promise<unknown>): Promise<boolean>;
  /** Says why something cannot be done. */
  fail(why: string): void;
}

/** Keeps whether something is under way, and why the last thing failed. */
export function useDoing(): Doing {
  const busy = useSignal(false);
  const fault = useSignal("");
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    if (busy.peek()) return false;
    busy.value = true;
    fault.value = "";
    try {
      await act();
      return true;
    } catch (error) {
      fault.value = explain(faultOf(error));
      return false;
    } finally {
      busy.value = false;
    }
  };
  return { busy, fault, run, fail: (why) => void (fault.value = why) };
}
