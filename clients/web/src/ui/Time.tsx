import { fullTime, timeOf, whenOf } from "../words/format.ts";

/** Shows a time of day; in a list, the day if it was not today. */
export function Time({ at, list = false }: { at: number; list?: boolean }) {
  return <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>{list ? whenOf(at) : timeOf(at)}</time>;
}
