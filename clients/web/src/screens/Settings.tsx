import "../style/side.css";
import "../style/group.css";
import "../style/settings.css";
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Devices } from "../model/devices.ts";
import { go, pathOf } from "../model/route.ts";
import type { Session } from "../model/session.ts";
import { signOut } from "../model/signin.ts";
import { ask } from "../ui/Confirm.tsx";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { inHand } from "../ui/hand.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { common } from "../words/common.ts";
import { settings } from "../words/settings.ts";
import { Appearance } from "./settings/Appearance.tsx";
import { Blocked } from "./settings/Blocked.tsx";
import { Keyboard } from "./settings/Keyboard.tsx";
import { Notifications } from "./settings/Notifications.tsx";
import { Privacy } from "./settings/Privacy.tsx";
import { Profile } from "./settings/Profile.tsx";
import { Sessions } from "./settings/Sessions.tsx";
import { Storage } from "./settings/Storage.tsx";

/** What a section gets. */
export interface SectionProps {
  devices: Devices;
}

type SectionName = "profile" | "appearance" | "notifications" | "privacy" | "blocked" | "sessions" | "storage" | "keyboard";

// A further section is a line here, its name in words/settings.ts, and a file with its content.
const sections: readonly (readonly [SectionName, IconName, ComponentType<SectionProps>])[] = [
  ["profile", "user", Profile],
  ["appearance", "palette", Appearance],
  ["notifications", "bell", Notifications],
  ["privacy", "eye-off", Privacy],
  ["blocked", "ban", Blocked],
  ["sessions", "monitor-smartphone", Sessions],
  ["storage", "hard-drive", Storage],
  ["keyboard", "keyboard", Keyboard],
];

/**
 * Shows the settings, one section after another on one page. The list beside it says which section
 * is on the screen. On a small screen the list comes first.
 */
export function Settings({ section }: { section?: string | undefined }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { link } = useSession();
  const devices = useMemo(() => new Devices(link), [link]);
  const here = useSignal<string>(section ?? sections[0]![0]);
  const w = settings();
  useEffect(() => {
    if (!section) return;
    here.value = section;
    showSection(section);
  }, [section]);
  const look = () => {
    const top = scroller.current!.getBoundingClientRect().top;
    const passed = sections.filter(([name]) => document.getElementById(`section-${name}`)!.getBoundingClientRect().top <= top + 80);
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    if (scrollTop + clientHeight >= scrollHeight - 2 && scrollTop > 0 && section) return; // the last sections cannot come to the top
    here.value = passed.at(-1)?.[0] ?? sections[0]![0];
  };
  return (
    <>
      <Sections here={!section && inHand.peek() ? "" : here.value} devices={devices} />
      <main class="talk settings">
        <header class="bar hand-only">
          <button class="tool back" type="button" aria-label={w.toSections} onClick={() => go({ screen: "settings" })}><Icon name="chevron-left" /></button>
          <div><h1>{w.title}</h1></div>
        </header>
        <div ref={scroller} class="scroll" onScroll={look}>
          <div class="page">
            {sections.map(([name, , Content]) => (
              <section key={name} id={`section-${name}`} aria-labelledby={`head-${name}`}>
                <h2 id={`head-${name}`}>{w[name]}</h2>
                <Content devices={devices} />
              </section>
            ))}
          </div>
        </div>
      </main>
    </>
  );
}

function Sections({ here, devices }: { here: string; devices: Devices }) {
  const session = useSession();
  const { me, people, settings: own } = session;
  const counts: Partial<Record<SectionName, number>> = { blocked: own.names("block/").length, sessions: devices.all.value?.length ?? 0 };
  const w = settings();
  const name = people.name(me);
  const Part = inHand.value ? "main" : "nav"; // on a small screen the list is all that a user sees
  return (
    <Part class="list" aria-label={w.title}>
      <div class="bar">
        <a class="tool back" href="/" aria-label={common().back} onClick={(e) => { e.preventDefault(); go({ screen: "list" }); }}><Icon name="chevron-left" /></a>
        <div><h1>{w.title}</h1></div>
      </div>
      <div class="me-now">
        <Face of={me} name={name} size="huge" />
        <div class="cut"><b><bdi>{name}</bdi></b><p class="note soft">@{me}</p></div>
      </div>
      <ul class="rows scroll">
        {sections.map(([name, icon]) => (
          <li key={name}>
            <a
              class="item" href={pathOf({ screen: "settings", section: name })} aria-current={here === name ? "page" : undefined}
              onClick={(e) => { e.preventDefault(); jump(name); }}
            ><Icon name={icon} />{w[name]}{counts[name] ? <span class="soft num push">{counts[name]}</span> : null}</a>
          </li>
        ))}
      </ul>
      <div class="me"><button class="button quiet" type="button" onClick={() => leave(session)}><Icon name="log-out" small />{w.signOut}</button></div>
    </Part>
  );
}

/** Signs out. Messages that were not sent are lost then, so the user is asked before. */
function leave({ outbox }: Session): void {
  const w = settings();
  const n = outbox.unsent();
  if (n === 0) void signOut();
  else void ask({ title: w.signOutUnsent(n), text: w.signOutUnsentNote, yes: w.signOut, danger: true, act: signOut });
}

/** Goes to a section, even if the address already names it. */
function jump(section: string): void {
  go({ screen: "settings", section }, { replace: !inHand.peek() });
  showSection(section);
}

/** Scrolls the page to a section, and scrolls nothing around the page. */
function showSection(name: string): void {
  const section = document.getElementById(`section-${name}`);
  const scroller = section?.closest(".scroll");
  if (scroller) scroller.scrollTop += section!.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 24;
}
