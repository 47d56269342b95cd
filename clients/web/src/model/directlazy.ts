import type { DirectLink } from "./direct.ts";
import { part } from "./parts.ts";

/**
 * Loads the part that holds a connection. What is known from the last visit is drawn before that.
 */
export async function directLink(): Promise<typeof DirectLink> {
  return (await part(() => import("./direct.ts"))).DirectLink;
}
