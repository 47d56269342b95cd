import type { Event } from "./wire.ts";

/**
 * Tells whether an event takes a channel from a user, or gives it to them; undefined if it does
 * neither.
 */
export function belonging(e: Event, me: string): "ended" | "begun" | undefined {
  if (e.kind !== "meta") return undefined;
  const { action, members = [] } = e.meta ?? {};
  const own = e.sender === me, meant = members.includes(me);
  if (action === "deleted" || (action === "left" && own)) return "ended";
  if ((action === "removed" || action === "banned") && meant) return "ended";
  if ((action === "joined" && (own || meant)) || (action === "added" && meant)) return "begun";
  return undefined;
}
