import "../style/side.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { explain, faultOf } from "../model/explain.ts";
import { begin } from "../model/oidc.ts";
import { doorFault, lastUser, SignInError } from "../model/signin.ts";
import { signInByName, signInByOrganisation, signInWithToken, waysIn, type Ways } from "../model/ways.ts";
import { Marsh } from "../ui/Marsh.tsx";
import { door } from "../words/door.ts";
import { chooseLanguage, language } from "../words/language.ts";

/** Shows the door, where a user signs in. */
export function Door() {
  const w = door();
  const withToken = useSignal(false);
  const fault = useSignal("");
  const busy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const ways = useSignal<Ways>({ development: true });
  const refused = (error: unknown) => {
    const found = faultOf(error);
    fault.value = found.code === "issuer" ? explain(found) : w.organisationFailed;
  };
  useEffect(() => field.current?.focus(), [withToken.value]);
  useEffect(() => {
    signInByOrganisation().catch(refused);
    waysIn().then((found) => {
      ways.value = found;
      if (!found.development) withToken.value = true; // otherwise the user may have chosen meanwhile
    }, () => {}); // the server does not answer: signing in will say so
  }, []);
  const { provider, development } = ways.value;
  const organisation = () => void begin(provider!).catch(refused);
  const text = fault.value || (doorFault.value ? explain(doorFault.value) : "");

  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const value = field.current!.value.trim();
    if (!value || busy.peek()) return;
    busy.value = true;
    fault.value = "";
    try {
      await (withToken.peek() ? signInWithToken(value) : signInByName(value));
    } catch (error) {
      fault.value = reason(error);
    } finally {
      busy.value = false;
    }
  };

  return (
    <main class="door">
      <Marsh />
      <form onSubmit={submit}>
        <h1>Natterjack</h1>
        <p class="soft host">{location.host}</p>
        {provider && <button class="button main tall" type="button" onClick={organisation}>{w.organisation}</button>}
        {provider && <p class="or"><span>{w.or}</span></p>}
        {withToken.value
          ? <label class="label" key="token">{w.token}<input ref={field} class="field" name="token" type="password" required autocomplete="off" /></label>
          : (
            <label class="label" key="user">
              {w.user}
              <input
                ref={field} class="field" name="user" required maxLength={64} pattern="[a-z0-9_\-]+" title={w.userHint}
                autocomplete="username" autocapitalize="none" spellcheck={false} defaultValue={lastUser()}
              />
            </label>
          )}
        <button class={provider ? "button tall" : "button main tall"} disabled={busy.value}>{w.signIn}</button>
        <p class="is-failed note" role="alert">{text}</p>
        {!withToken.value && <p class="note soft">{w.development}</p>}
        {development && <p class="note"><button class="button quiet small" type="button" onClick={() => (withToken.value = !withToken.peek())}>{withToken.value ? w.withName : w.withToken}</button></p>}
      </form>
      <p class="corner note">
        <button class="button quiet" type="button" lang={language.value === "en" ? "ja" : "en"} onClick={() => chooseLanguage(language.peek() === "en" ? "ja" : "en")}>
          {w.otherLanguage}
        </button>
      </p>
    </main>
  );
}

function reason(error: unknown): string {
  const w = door();
  if (!(error instanceof SignInError)) return w.unreachable;
  if (error.code === "forbidden") return w.noSecret;
  return error.code ? explain(error) : w.unreachable;
}
