import "../style/group.css";
import { useEffect } from "preact/hooks";
import { side } from "../model/side.ts";
import { manages } from "../model/rights.ts";
import { useSession } from "../ui/context.ts";
import { group } from "../words/group.ts";
import { About } from "./group/About.tsx";
import { Banned } from "./group/Banned.tsx";
import { Ending } from "./group/Ending.tsx";
import { Invites } from "./group/Invites.tsx";
import { ManagedMembers } from "./group/ManagedMembers.tsx";
import { Posting } from "./group/Posting.tsx";
import { Requests } from "./group/Requests.tsx";
import type { PaneProps } from "./Side.tsx";

/** Shows all that admins and the owner can do with a group. */
export function Manage({ channel }: PaneProps) {
  const session = useSession();
  const role = session.channels.of(channel).value.role;
  useEffect(() => void session.members.refresh(channel), [channel]);
  useEffect(() => {
    if (!manages(role)) side.value = "details"; // the role was taken while it was open
  }, [role]);
  const known = session.members.of(channel).value;
  if (!known || !manages(role)) return <div class="scroll" />;
  return (
    <div class="scroll manage" aria-label={group().manage}>
      <Requests channel={channel} users={known.requested} />
      <About channel={channel} />
      <Invites channel={channel} invites={known.invites} />
      <Posting channel={channel} />
      <ManagedMembers channel={channel} />
      <Banned channel={channel} users={known.banned} />
      <Ending channel={channel} />
    </div>
  );
}
