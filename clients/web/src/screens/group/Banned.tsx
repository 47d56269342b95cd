import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Face } from "../../ui/Face.tsx";
import { Fault } from "../../ui/Fault.tsx";
import { Name } from "../../ui/Name.tsx";
import { group } from "../../words/group.ts";

/** Shows the users who are banned from a group. */
export function Banned({ channel, users }: { channel: string; users: readonly string[] }) {
  const { link, members, people } = useSession();
  const doing = useDoing();
  const w = group();
  if (users.length === 0) return null;
  const unban = (user: string) =>
    void doing.run(async () => {
      await link.request("unban", { channel, user });
      await members.refresh(channel);
    });
  return (
    <section class="section">
      <h3>{w.banned}</h3>
      <ul class="people">
        {users.map((user) => (
          <li key={user} class="person">
            <Face of={user} name={people.name(user)} />
            <span class="cut"><Name user={user} /> <span class="soft">@{user}</span></span>
            <button class="button small push" type="button" aria-label={w.unbanOf(people.name(user))} disabled={doing.busy.value} onClick={() => unban(user)}>{w.unban}</button>
          </li>
        ))}
      </ul>
      <Fault of={doing} />
    </section>
  );
}
