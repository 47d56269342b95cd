import { faceOf, type Channel } from "../model/channels.ts";
import { titleOf } from "../model/naming.ts";
import { isDirect } from "../model/wire.ts";
import { useSession } from "./context.ts";
import { Face } from "./Face.tsx";

interface ChannelFaceProps {
  channel: Channel;
  size?: "tiny" | "big" | "huge";
  presence?: "online" | "away" | "offline" | undefined;
}

/** Draws the face of a channel: that of the partner, or the group's own. */
export function ChannelFace({ channel: c, size, presence }: ChannelFaceProps) {
  const { me, people } = useSession();
  const shape = isDirect(c.id) ? "person" : "group";
  return <Face of={faceOf(c, me)} name={titleOf(c, people)} shape={shape} presence={presence} picture={c.picture?.id} {...(size && { size })} />;
}
