// The settings that say which messages a user is notified of. They are the same on all devices.

/** The prefix of the names of these settings. */
export const notifyPrefix = "notify/";

/** The names of these settings. */
export const notify = {
  level: "notify/level",
  levelOf: (channel: string) => `notify/level/${channel}`,
  byName: "notify/by_name",
  snooze: "notify/snooze",
  quiet: "notify/quiet",
  keywords: "notify/keywords",
  person: (user: string) => `notify/person/${user}`,
  passMute: "notify/pass_mute",
  passQuiet: "notify/pass_quiet",
  content: "notify/content",
  mail: "notify/mail",
} as const;

/** A kind of messages that may pass a gate, such as quiet hours. */
export type Pass = "mentions" | "keywords" | "people";

const passes: readonly Pass[] = ["mentions", "keywords", "people"];

/** Reads which kinds of messages pass a gate. */
export const passesOf = (value: string): readonly Pass[] => passes.filter((p) => value.split(" ").includes(p));

/** Writes which kinds of messages pass a gate, after one kind was added or removed. */
export const withPass = (value: string, pass: Pass, on: boolean): string => passes.filter((p) => (p === pass ? on : value.split(" ").includes(p))).join(" ");

/** The limits of these settings. */
export const maxKeywords = 20;
export const maxKeywordLen = 50;
export const maxQuietSpans = 14;
