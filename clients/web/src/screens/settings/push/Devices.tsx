import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Device } from "../../../model/push/device.ts";
import { device } from "../../../model/push/here.ts";
import type { Subscription } from "../../../model/push/wire.ts";
import { useDoing, type Doing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { Icon } from "../../../ui/Icon.tsx";
import { push } from "../../../words/push.ts";
import { nameOf, stateText, subscriptionText, testText, turnOn } from "./saying.ts";

/** Shows where the user gets notifications: on this device, and on others. */
export function Devices() {
  const here = device.value;
  const doing = useDoing();
  const said = useSignal("");
  const w = push();
  useEffect(() => {
    if (!here) return;
    const look = () => void (document.hidden || here.look().catch(() => {})); // the user may come from the browser's settings
    void doing.run(() => here.look());
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [here]);
  const test = async (id: string) => {
    said.value = w.testing;
    const done = await doing.run(async () => void (said.value = testText(await here!.test(id))));
    if (!done) said.value = "";
  };
  const others = here?.server.value?.subscriptions.filter((s) => s.id !== here.id) ?? [];
  return (
    <>
      <Here here={here} doing={doing} onTest={(id) => void test(id)} />
      {others.length > 0 && (
        <div class="setting-group">
          <h3>{w.others}</h3>
          <ul>{others.map((s) => <Other key={s.id} subscription={s} doing={doing} onTest={() => void test(s.id)} onRemove={() => void doing.run(() => here!.remove(s.id))} />)}</ul>
        </div>
      )}
      <p class="note tested" role="status">{said.value}</p>
      <Fault of={doing} />
    </>
  );
}

function Here({ here, doing, onTest }: { here: Device | undefined; doing: Doing; onTest: (id: string) => void }) {
  const w = push();
  const state = here?.state.value ?? { kind: "unknown" };
  const offer = { off: w.turnOn, lost: w.repair, other: w.takeOver }[state.kind as string];
  return (
    <div class="setting">
      <div><h3>{w.here}</h3><p role="status">{stateText(state)}</p></div>
      {offer && <button class="button main" type="button" disabled={doing.busy.value} onClick={() => void turnOn(here!, doing)}>{offer}</button>}
      {state.kind === "on" && <button class="button" type="button" disabled={doing.busy.value} onClick={() => onTest(state.subscription.id)}>{w.test}</button>}
      {(state.kind === "on" || state.kind === "lost") && <button class="button" type="button" disabled={doing.busy.value} onClick={() => void doing.run(() => here!.turnOff())}>{w.turnOff}</button>}
    </div>
  );
}

interface OtherProps {
  subscription: Subscription;
  doing: Doing;
  onTest: () => void;
  onRemove: () => void;
}

function Other({ subscription: s, doing, onTest, onRemove }: OtherProps) {
  const w = push();
  const name = nameOf(s);
  const facts = [w.since(s.since), s.told ? w.told(s.told) : "", subscriptionText(s)];
  return (
    <li class="setting session">
      <div>
        <h4><Icon name={s.kind === "webhook" ? "link" : /Android|iPhone|iPad/.test(name) || s.kind !== "web" ? "smartphone" : "laptop"} small /><bdi>{name}</bdi></h4>
        <p>{facts.filter(Boolean).join(" · ")}</p>
      </div>
      <button class="button small" type="button" aria-label={w.testOf(name)} disabled={doing.busy.value} onClick={onTest}>{w.test}</button>
      <button class="button small danger" type="button" aria-label={w.removeOf(name)} disabled={doing.busy.value} onClick={onRemove}>{w.remove}</button>
    </li>
  );
}
