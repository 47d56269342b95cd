import { signal } from "@preact/signals";
import { validChannel } from "./wire.ts";

/** What the address names. */
export type Route =
  | { screen: "list" }
  | { screen: "talk"; channel: string; seq?: number }
  | { screen: "settings"; section?: string }
  | { screen: "join"; channel: string; secret: string };

/** What is on the screen. The address always says the same. */
export const route = signal<Route>(read());

/** Goes to a place. With replace, Back does not return to the place before. */
export function go(to: Route, { replace = false } = {}): void {
  const path = pathOf(to);
  if (path === location.pathname + location.hash) replace = true;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  route.value = to;
}

/** Goes back, or to the list if there is nothing to go back to. */
export function back(): void {
  if (history.state === null && history.length <= 1) go({ screen: "list" }, { replace: true });
  else history.back();
}

/** Returns the address of a place, for links. */
export function pathOf(to: Route): string {
  switch (to.screen) {
    case "list":
      return "/";
    case "talk":
      return `/c/${to.channel}${to.seq ? `/${to.seq}` : ""}`;
    case "settings":
      return to.section ? `/settings/${to.section}` : "/settings";
    case "join": // the secret is in the fragment, which no server gets
      return `/join/${to.channel}#${to.secret}`;
  }
}

/** Follows the browser's Back and Forward. */
export function followAddress(): () => void {
  const follow = () => {
    route.value = read();
  };
  addEventListener("popstate", follow);
  return () => removeEventListener("popstate", follow);
}

function read(): Route {
  const [, first, second = "", third = ""] = location.pathname.split("/");
  if (first === "c" && validChannel(second)) {
    const seq = Number(third);
    return { screen: "talk", channel: second, ...(Number.isSafeInteger(seq) && seq > 0 && { seq }) };
  }
  if (first === "settings") return { screen: "settings", ...(second && { section: second }) };
  if (first === "join" && validChannel(second) && location.hash.length > 1) {
    return { screen: "join", channel: second, secret: location.hash.slice(1) };
  }
  return { screen: "list" };
}
