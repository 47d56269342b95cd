import type { Device, DeviceState } from "../../../model/push/device.ts";
import type { LogEntry, Subscription, Tested } from "../../../model/push/wire.ts";
import type { Doing } from "../../../ui/doing.ts";
import { push } from "../../../words/push.ts";

/** Turns notifications on for this device, and reports whether that was done. */
export async function turnOn(here: Device, doing: Doing): Promise<boolean> {
  let refused = false;
  const act = () =>
    here.turnOn().catch((error: { code?: string }) => {
      if (error.code !== "push_service") throw error;
      refused = true;
    });
  const done = await doing.run(act);
  if (refused) doing.fail(push().pushService);
  return done && !refused;
}

/** Says in a sentence whether this device gets notifications. */
export function stateText(state: DeviceState): string {
  const w = push();
  switch (state.kind) {
    case "server":
      return state.reason in w.server ? w.server[state.reason as keyof typeof w.server] : w.server.off;
    case "unsupported":
      return w.state[state.why];
    case "other":
      return w.state.other(state.user);
    case "on":
      return subscriptionText(state.subscription) || w.state.on;
    default:
      return w.state[state.kind];
  }
}

/** Says what is wrong with a subscription; "" if nothing is. */
export function subscriptionText({ state, reason }: Subscription): string {
  const w = push();
  if (state === "failing") return w.state.failing(reasonText(reason));
  return state === "gone" ? w.state.gone : "";
}

/** Says what became of a test. */
export function testText({ result, reason }: Tested): string {
  const { sent, gone, again, refused } = push().tested;
  if (result === "sent") return sent;
  if (result === "gone") return gone;
  return (result === "again" ? again : refused)(reasonText(reason));
}

const byMail = "mail"; // for a digest, the server's record has this in the place of a device's id

/** Says what became of a notification, on a device or by mail. */
export function resultText({ id, result, reason }: LogEntry, devices: readonly Subscription[]): string {
  const w = push();
  if (id === byMail && reason === "no_address") return w.mailNoAddress;
  const device = devices.find((s) => s.id === id);
  return (wordsFor(w.results, result ?? "") ?? w.results.refused)(id === byMail ? w.byMail : device ? nameOf(device) : w.unknownDevice);
}

/** Returns the words for a word of the server. A later server may have other words. */
export const wordsFor = <T>(all: { readonly [word: string]: T }, word: string): T | undefined => all[word];

/** Says a stable word of the server in words for a person. */
function reasonText(reason = ""): string {
  const { status, other, ...known } = push().reasons;
  if (reason.startsWith("status_")) return status(reason.slice("status_".length));
  return known[reason as keyof typeof known] ?? other(reason);
}

/** Names a device as its user knows it. */
export const nameOf = ({ label, kind }: Subscription): string => label || push().kinds[kind as keyof ReturnType<typeof push>["kinds"]] || kind;
