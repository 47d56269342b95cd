import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "../model/session.ts";

/** Gives the parts below it the session of the user who is signed in. */
export const SessionContext = createContext<Session | undefined>(undefined);

/** Returns the session. Only parts that are shown to a signed-in user may ask for it. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("this part is shown to nobody but a signed-in user");
  return session;
}
