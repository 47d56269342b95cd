import type { Session } from "../../model/session.ts";

/** Mutes a channel until a time, "0" being for ever; "" ends that. */
export async function mute({ settings, channels }: Session, channel: string, until: string): Promise<void> {
  await settings.set(`mute/${channel}`, until);
  channels.change(channel, { mute: until });
}
