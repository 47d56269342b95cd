import { FatalError } from "./errors.js";
import { refusal } from "./link.js";
import type { TokenSource } from "./options.js";
import { pathSignIn } from "./wire.gen.js";

/**
 * Returns a source of tokens from the development sign-in. It gives a token for any name, with the
 * secret that the server made at its first start.
 */
export function signIn(options: { url: string; user: string; secret: string; fetch?: typeof fetch }): TokenSource {
  const { url, user, secret } = options;
  return async ({ signal }) => {
    const answer = await (options.fetch ?? fetch)(url.replace(/\/+$/, "") + pathSignIn, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user, secret }),
      signal,
      credentials: "omit",
      redirect: "manual",
    });
    if (!answer.ok) {
      const error = await refusal(answer);
      // Sign-in is not offered, or not to this name or with this secret.
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new FatalError(`sign-in: ${error.message}`, error);
      throw error;
    }
    const { token } = (await answer.json()) as { token?: unknown };
    if (typeof token !== "string" || token === "") throw new FatalError("sign-in: the answer holds no token");
    return token;
  };
}
