import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { matches } from "../model/matching.ts";
import { validUser } from "../model/wire.ts";
import { group } from "../words/group.ts";
import { useSession } from "./context.ts";
import { Face } from "./Face.tsx";
import { Icon } from "./Icon.tsx";
import { composing } from "./keys.ts";

const most = 6; // people who are offered at once
const pause = 120; // milliseconds after a key

/**
 * Shows a field in which a user picks people: by a part of their name, or by their whole user name.
 */
export function PeopleField({ chosen, label, focus = false }: { chosen: Signal<readonly string[]>; label: string; focus?: boolean }) {
  const { me, people } = useSession();
  const query = useSignal("");
  const at = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const w = group();
  useEffect(() => {
    if (focus) field.current?.focus();
  }, []);
  const found = useFound(query.value.trim());
  const q = query.value.trim().replace(/^@/, "").toLowerCase();
  const offered = q ? candidates() : [];

  function candidates(): string[] {
    const known = people.all().filter((p) => p.user !== me && !chosen.value.includes(p.user) && matches(q, p.name, p.user)).map((p) => p.user);
    const exact = validUser(q) && q !== me && !chosen.value.includes(q) ? [q] : [];
    const elsewhere = found.filter((u) => u !== me && !chosen.value.includes(u));
    return [...new Set([...known.filter((u) => u === q), ...elsewhere.filter((u) => u === q), ...known, ...elsewhere, ...exact])].slice(0, most);
  }

  const add = (user: string | undefined) => {
    if (!user) return;
    chosen.value = [...chosen.peek(), user];
    query.value = "";
    at.value = 0;
    field.current?.focus();
  };
  const remove = (user: string) => (chosen.value = chosen.peek().filter((u) => u !== user));
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const n = Math.max(1, offered.length);
    if (e.key === "ArrowDown") at.value = (at.value + 1) % n;
    else if (e.key === "ArrowUp") at.value = (at.value + n - 1) % n;
    else if ((e.key === "Enter" || e.key === " " || e.key === ",") && q) add(offered[at.value]);
    else if (e.key === "Backspace" && !query.value) remove(chosen.value.at(-1) ?? "");
    else return;
    e.preventDefault();
  };

  return (
    <div class="people-field">
      <label class="label">{label}
        <input
          ref={field} class="field" value={query.value} role="combobox" aria-expanded={offered.length > 0} aria-controls="offered"
          aria-activedescendant={offered.length ? `offered${at.value}` : undefined} placeholder={w.peopleHint} autocapitalize="none" autocomplete="off"
          spellcheck={false} onInput={(e) => { query.value = e.currentTarget.value; at.value = 0; }} onKeyDown={key}
        />
      </label>
      {offered.length > 0 && (
        <ul id="offered" role="listbox" aria-label={label}>
          {offered.map((user, i) => (
            <li key={user} id={`offered${i}`} role="option" aria-selected={i === at.value} onPointerDown={(e) => { e.preventDefault(); add(user); }}>
              <Face of={user} name={people.name(user)} size="tiny" /><span class="cut"><bdi>{people.name(user)}</bdi></span><span class="soft note">@{user}</span>
            </li>
          ))}
        </ul>
      )}
      {chosen.value.length > 0 && (
        <ul class="chips">
          {chosen.value.map((user) => (
            <li key={user}><button class="chip" type="button" aria-label={w.remove(people.name(user))} onClick={() => remove(user)}>
              <bdi>{people.name(user)}</bdi><Icon name="x" small />
            </button></li>
          ))}
        </ul>
      )}
    </div>
  );
}

/**
 * Asks the server for people by the beginnings of their names, which may be in kana or in Latin
 * letters.
 */
function useFound(query: string): readonly string[] {
  const { link } = useSession();
  const found = useSignal<readonly string[]>([]);
  useEffect(() => {
    if (!query) return void (found.value = []);
    let old = false;
    const ask = () => link.request("find", { query, limit: most }).then((r) => old || (found.value = r.people.map((p) => p.user)), () => {}); // the people who are known here are offered anyway
    const timer = setTimeout(() => void ask(), pause);
    return () => {
      old = true;
      clearTimeout(timer);
    };
  }, [query]);
  return found.value;
}
