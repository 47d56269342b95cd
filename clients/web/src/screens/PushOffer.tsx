import { device } from "../model/push/here.ts";
import { withdrawOffer } from "../model/push/offer.ts";
import { useDoing } from "../ui/doing.ts";
import { Fault } from "../ui/Fault.tsx";
import { push } from "../words/push.ts";
import { turnOn } from "./settings/push/saying.ts";

/** Offers notifications on this device. The browser asks only a user who wants them. */
export function PushOffer() {
  const doing = useDoing();
  const w = push();
  const yes = async () => {
    const here = device.peek()!;
    if (await turnOn(here, doing)) withdrawOffer({ forever: here.state.peek().kind === "denied" });
  };
  return (
    <aside class="offer" aria-label={w.here}>
      <p class="note" role="status">{w.offer}</p>
      <p class="choices">
        <button class="button small" type="button" onClick={() => withdrawOffer({ forever: true })}>{w.offerNo}</button>
        <button class="button small main" type="button" disabled={doing.busy.value} onClick={() => void yes()}>{w.offerYes}</button>
      </p>
      <Fault of={doing} />
    </aside>
  );
}
