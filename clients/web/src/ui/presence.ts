import { useEffect } from "preact/hooks";
import { useSession } from "./context.ts";

const shown = ["online", "away", "offline"] as const;

/** Follows the presence of a user while the part is on screen. */
export function usePresence(user: string | undefined): "online" | "away" | "offline" | undefined {
  const { presence } = useSession();
  useEffect(() => (user === undefined ? undefined : presence.show(user)), [user]);
  const state = user === undefined ? undefined : presence.of(user).value?.state;
  return shown.find((s) => s === state);
}
