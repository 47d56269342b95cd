import type { DirectLink } from "./direct.ts";
import { part } from "./parts.ts";

/** Loads what holds a connection. What is known from the last visit is drawn before it is there. */
export async function directLink(): Promise<typeof DirectLink> {
  return (await part(() => import("./direct.ts"))).DirectLink;
}
