import type { Event } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { common } from "../words/common.ts";
import { listOf } from "../words/format.ts";
import { talk } from "../words/talk.ts";

/** Shows what happened in a channel besides messages. */
export function Note({ event: e, id }: { event: Event; id: string }) {
  const { people } = useSession();
  const text = textOf(e, (user) => people.name(user));
  if (!text) return <p data-key={id} hidden />;
  return <p class="event" data-key={id}><Icon name={iconOf(e)} small /><span>{text}</span></p>;
}

function textOf(e: Event, name: (user: string) => string): string {
  const w = talk().events;
  const by = name(e.sender);
  if (e.kind === "pin") return w.pinned(by);
  const m = e.meta!;
  const who = namesOf(m.members ?? [], name);
  switch (m.action) {
    case "created":
      return m.kind === "direct" ? "" : w.created(by);
    case "updated":
      if (m.settings?.name) return w.renamed(by, m.settings.name);
      if (m.settings?.archived !== undefined) return m.settings.archived ? w.archived(by) : w.unarchived(by);
      if (m.settings?.slow_mode_s !== undefined) return w.slowMode(by, m.settings.slow_mode_s);
      if (m.settings?.topic !== undefined) return w.topic(by, m.settings.topic);
      return m.settings?.picture ? w.picture(by) : w.updated(by);
    case "added":
      return w.added(by, who);
    case "joined":
      return w.joined(by);
    case "requested":
      return w.requested(by);
    case "left":
      return w.left(by);
    case "removed":
      return w.removed(by, who);
    case "banned":
      return w.banned(by, who);
    case "unbanned":
      return w.unbanned(by, who);
    case "role":
      return w.role(by, who, common().roles[m.role as keyof ReturnType<typeof common>["roles"]] ?? m.role ?? "");
    case "deleted":
      return w.deleted(by);
    default:
      return "";
  }
}

const named = 4; // if there are more members, this many are named

function namesOf(users: readonly string[], name: (user: string) => string): string {
  if (users.length <= named + 1) return listOf(users.map(name));
  return listOf([...users.slice(0, named).map(name), talk().others(users.length - named)]);
}

function iconOf(e: Event): IconName {
  if (e.kind === "pin") return "pin";
  switch (e.meta?.action) {
    case "added":
    case "joined":
    case "requested":
      return "user-plus";
    case "left":
      return "log-out";
    case "removed":
    case "banned":
      return "ban";
    default:
      return "users";
  }
}
