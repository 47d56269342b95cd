import type { Session } from "../session.ts";
import type { Event } from "../wire.ts";
import { muted } from "../channels.ts";
import type { Device } from "./device.ts";
import { declined, offered, withdrawOffer } from "./offer.ts";

/**
 * Offers notifications on this device, once the user has come back and a message came while they
 * were away. The user then knows what the offer is good for. It is a quiet line, and never the
 * question of the browser, which a person can answer only once.
 */
export class Offering {
  readonly #stop: () => void;
  #missed = false;

  constructor(readonly session: Session, readonly device: Device) {
    const missed = (e: Event) => {
      if (e.kind !== "message" || e.sender === session.me || !document.hidden) return;
      if (!muted(session.channels.of(e.channel).peek())) this.#missed = true;
    };
    const back = () => void (document.hidden || this.look());
    session.listeners.add(missed);
    document.addEventListener("visibilitychange", back);
    this.#stop = () => {
      session.listeners.delete(missed);
      document.removeEventListener("visibilitychange", back);
      withdrawOffer();
    };
  }

  close(): void {
    this.#stop();
  }

  /** Makes the offer, if it is time. */
  look(): void {
    const fits = this.#missed && !declined() && this.device.state.peek().kind === "off" && this.device.browser.permission() === "default";
    if (fits) offered.value = true;
  }
}
