import type { Provider } from "./oidc.ts";

/** A token of a user, and how it is renewed. */
export interface Grant {
  user: string;
  token: string;
  /** When the token expires, Unix milliseconds. */
  expires: number;
  /** The organisation's provider: where, and with what, the token is renewed. */
  provider?: Provider;
  refresh?: string;
}

/** The user who is signed in in a window. */
export interface Identity extends Grant {
  /** How the token is renewed when it expires. */
  by: "development" | "token" | "organisation";
}
