import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Face } from "../../ui/Face.tsx";
import { Fault } from "../../ui/Fault.tsx";
import { Name } from "../../ui/Name.tsx";
import { group } from "../../words/group.ts";

/** Shows the users who ask to join a group. */
export function Requests({ channel, users }: { channel: string; users: readonly string[] }) {
  const { link, members, people } = useSession();
  const doing = useDoing();
  const w = group();
  if (users.length === 0) return null;
  const answer = (user: string, admit: boolean) =>
    void doing.run(async () => {
      if (admit) await link.request("add_members", { channel, members: [user] });
      else await link.request("remove_member", { channel, user });
      await members.refresh(channel);
    });
  return (
    <section class="section">
      <h3><span>{w.requests} <span class="badge" aria-hidden="true">{users.length}</span></span></h3>
      <ul class="people">
        {users.map((user) => (
          <li key={user} class="person">
            <Face of={user} name={people.name(user)} />
            <span class="cut"><Name user={user} /> <span class="soft">@{user}</span></span>
            <button class="button main small push" type="button" aria-label={w.approveOf(people.name(user))} disabled={doing.busy.value} onClick={() => answer(user, true)}>{w.approve}</button>
            <button class="button small" type="button" aria-label={w.declineOf(people.name(user))} disabled={doing.busy.value} onClick={() => answer(user, false)}>{w.decline}</button>
          </li>
        ))}
      </ul>
      <Fault of={doing} />
    </section>
  );
}
