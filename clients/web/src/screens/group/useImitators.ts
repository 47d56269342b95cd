import { useEffect, useMemo } from "preact/hooks";
import { Imitators } from "../../model/imitators.ts";
import { useSession } from "../../ui/context.ts";

const pause = 300; // milliseconds in which the names arrive

/** Follows which of the members on the screen have a name that looks like another member's name. */
export function useImitators(channel: string, shown: readonly string[]): ReadonlyMap<string, string> {
  const { link, people } = useSession();
  const imitators = useMemo(() => new Imitators(channel, link), [channel]);
  const named = shown.map((user) => ({ user, name: people.name(user) }));
  useEffect(() => {
    if (named.length === 0) return;
    const timer = setTimeout(() => void imitators.ask(named), pause);
    return () => clearTimeout(timer);
  }, [imitators, JSON.stringify(named)]);
  return imitators.found.value;
}
