// What the app does about notifications while a user is signed in. It is loaded once the page is
// idle.

import { effect } from "@preact/signals";
import { language } from "../../words/language.ts";
import { programOf } from "../agent.ts";
import { keep } from "../grant.ts";
import type { Session } from "../session.ts";
import { identity } from "../signin.ts";
import { answerWorker } from "./answers.ts";
import { Device, type Browser } from "./device.ts";
import { device } from "./here.ts";
import { Offering } from "./offering.ts";
import { openOwners } from "./owner.ts";
import { alone } from "./pause.ts";
import { Withdrawal } from "./withdrawal.ts";
import { hasWorkers, registration } from "./worker.ts";

const owners = openOwners();

const browser: Browser = {
  owners, registration,
  support() {
    if (!isSecureContext) return "insecure";
    if (hasWorkers() && "PushManager" in globalThis && "Notification" in globalThis) return undefined;
    return /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1) ? "install" : "browser";
  },
  permission: () => ("Notification" in globalThis ? Notification.permission : "denied"),
  ask: () => Notification.requestPermission(),
  identity: () => identity.peek(),
  language: () => language.peek(),
  label: programOf(navigator.userAgent),
  alone,
};

/** Begins when a user has signed in, and ends with the session. */
export function start(session: Session): void {
  const here = new Device(session.me, session.link, browser);
  device.value = here;
  const ends = [() => void (device.value = undefined), renewing(here)];
  if (hasWorkers()) {
    const [withdrawal, offering] = [new Withdrawal(session.me, session.channels, registration), new Offering(session, here)];
    const deleted = (e: Parameters<Withdrawal["deleted"]>[0]) => void (e.kind === "delete" && withdrawal.deleted(e).catch(() => {}));
    session.listeners.add(deleted);
    ends.push(answerWorker(session), () => withdrawal.close(), () => offering.close());
    registration().catch(() => {}); // without it the app works, but not offline
  }
  for (const end of ends) session.ending(end);
}

/**
 * Renews the subscription at the start and when the language changes, and hands each new token to
 * the worker.
 */
function renewing(here: Device): () => void {
  let known = language.peek();
  const renew = () => here.renew().catch(() => {}); // the next start does it
  void renew();
  const stops = [
    effect(() => {
      const now = identity.value;
      if (now) void keep(now, owners).catch(() => {});
    }),
    effect(() => {
      if (language.value !== known) void renew();
      known = language.value;
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
