// What a member may do in a group. The server decides. This only keeps off the screen what the
// server would refuse.

import type { Role } from "./wire.ts";

const ranks: readonly Role[] = ["reader", "member", "admin", "owner"];

const rank = (role: Role | undefined): number => ranks.indexOf(role ?? "");

/** Sorts users by their roles, the owner first. Users of one role keep their order. */
export const byRole = (users: readonly string[], roleOf: (user: string) => Role): string[] => users.toSorted((a, b) => rank(roleOf(b)) - rank(roleOf(a)));

/** Tells whether a role may manage a group: its members, its settings, its invites. */
export const manages = (role: Role | undefined): boolean => role === "admin" || role === "owner";

/** Tells whether a member may remove another one, or ban them. */
export const mayRemove = (own: Role | undefined, other: Role): boolean => manages(own) && rank(other) < rank(own);

/** Returns the roles that a member may give to another one; their present one is among them. */
export function rolesToGive(own: Role | undefined, other: Role): readonly Role[] {
  if (!mayRemove(own, other)) return [];
  return ranks.filter((r) => r !== "owner" && (own === "owner" || rank(r) < rank(own))).reverse();
}
