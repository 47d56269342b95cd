import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../ui/context.ts";
import { say } from "../ui/announce.ts";
import { Icon } from "../ui/Icon.tsx";
import { door } from "../words/door.ts";

const patience = 2000; // milliseconds; a shorter loss is not shown

/** Says that there is no connection, once that has lasted. */
export function Banner() {
  const { link, outbox } = useSession();
  const { online, lostAt, nextTry } = link.state.value;
  const now = useSignal(Date.now());
  const shown = useRef(false);
  const waited = useRef(0);
  useEffect(() => {
    if (online) return;
    now.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => clearInterval(timer);
  }, [online]);
  const w = door();
  const visible = !online && lostAt > 0 && now.value - lostAt >= patience;
  useEffect(() => {
    if (visible) {
      shown.current = true;
      waited.current = outbox.waiting.peek();
    } else if (online && shown.current) {
      shown.current = false;
      say(waited.current ? w.backSent(waited.current) : w.back, { visible: true });
    }
  }, [visible, online]);
  if (visible) waited.current = outbox.waiting.value;
  if (!visible) return null;
  const s = Math.max(0, Math.ceil((nextTry - now.value) / 1000));
  return (
    <div class="banner" role="status">
      <Icon name="cloud-off" />
      <span><b>{w.offline}</b> {w.offlineMore}</span>
      <span class="push num cut" aria-hidden="true">{nextTry > 0 && w.nextTry(s)}</span>
      <button class="button small" type="button" onClick={() => link.hurry()}>{w.tryNow}</button>
    </div>
  );
}
