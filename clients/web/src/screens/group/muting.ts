import type { Session } from "../../model/session.ts";

/** Mutes a channel until a time. "0" means for ever, and "" unmutes it. */
export async function mute({ settings, channels }: Session, channel: string, until: string): Promise<void> {
  await settings.set(`mute/${channel}`, until);
  channels.change(channel, { mute: until });
}
