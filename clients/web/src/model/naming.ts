import { list } from "../words/list.ts";
import { common } from "../words/common.ts";
import type { Channel } from "./channels.ts";
import type { People } from "./people.ts";
import { partnerIn } from "./wire.ts";

/** Returns the name under which a channel is shown. */
export function titleOf(c: Pick<Channel, "id" | "name">, people: People): string {
  const partner = partnerIn(c.id, people.me);
  if (partner === undefined) return c.name || common().group;
  const name = people.name(partner);
  return partner === people.me ? list().yourself(name) : name;
}
