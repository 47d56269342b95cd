import { route } from "../route.ts";
import type { Session } from "../session.ts";
import type { Asked, Known } from "./talk.ts";
import { unreadIn } from "./withdrawal.ts";

/**
 * Answers what the worker asks this window, and does what it wants. The function that it returns
 * ends that.
 */
export function answerWorker(session: Session): () => void {
  const { serviceWorker } = navigator;
  const hear = ({ data, ports: [port] }: MessageEvent<Asked>) => {
    if (data.natterjack === "known") port?.postMessage(known(session, data.channels));
    else if (data.natterjack === "open") open(session, data.path);
  };
  serviceWorker.addEventListener("message", hear);
  serviceWorker.startMessages();
  return () => serviceWorker.removeEventListener("message", hear);
}

/** Says what this window knows. A channel that it does not know is left out. */
function known({ me, link, channels }: Session, asked: readonly string[]): Known {
  const here = asked.map((id) => channels.of(id).peek()).filter((c) => c.exists);
  return {
    user: me, online: link.state.peek().online && channels.ready.peek(),
    read: Object.fromEntries(here.map((c) => [c.id, c.known])),
    unread: channels.more.peek() ? undefined : unreadIn(channels),
  };
}

/** Goes to a place, even if the address names it already. */
function open(session: Session, path: string): void {
  const same = path === location.pathname;
  if (!same) history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
  const to = route.peek();
  if (same && to.screen === "talk" && to.seq) void session.conversation(to.channel).jump(to.seq);
}
