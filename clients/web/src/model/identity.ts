import type { Provider } from "./oidc.ts";

/** A token of a user, and how another one is got. */
export interface Grant {
  user: string;
  token: string;
  /** When the token expires, Unix milliseconds. */
  expires: number;
  /** Of an organisation's provider: where, and with what, another token is got. */
  provider?: Provider;
  refresh?: string;
}

/** Who is signed in, in a window. */
export interface Identity extends Grant {
  /** How another token is got when this one expires. */
  by: "development" | "token" | "organisation";
}
