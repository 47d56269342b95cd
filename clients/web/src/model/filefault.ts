import { sizeOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { explain, type Fault } from "./explain.ts";

/** Says in a sentence why a file was not uploaded. */
export function explainFile(fault: Fault): string {
  const w = media();
  switch (fault.code) {
    case "too_large":
      return tooLarge(fault.message);
    case "empty":
      return w.empty;
    case "unreadable":
      return w.unreadable;
    case "transfer":
    case "unavailable":
      return w.notReached;
    case "invalid":
      return w.refused;
    default:
      return explain(fault);
  }
}

/**
 * Says how large a file may be. The server's text has the numbers: "the file has 5 bytes; at most 3
 * are allowed".
 */
function tooLarge(message: string): string {
  const [, most] = (message.match(/\d+/g) ?? []).map(Number);
  return most ? media().tooLargeFor(sizeOf(most)) : media().tooLarge;
}
