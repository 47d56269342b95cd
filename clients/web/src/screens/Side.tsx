import "../style/side.css";
import type { ComponentType } from "preact";
import { side, type SidePane } from "../model/side.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { Icon } from "../ui/Icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { composing } from "../ui/keys.ts";
import { common } from "../words/common.ts";
import { group } from "../words/group.ts";
import { states } from "../words/states.ts";

/** What a pane gets. */
export interface PaneProps {
  channel: string;
}

interface Pane {
  title: () => string;
  /** Whether it needs more room than the details. */
  wide?: boolean;
  /** Whether it stays as it is when the user goes to another channel. */
  stays?: boolean;
  /** Whether it is a part of the details, to which the user goes back. */
  within?: boolean;
  content: ComponentType<PaneProps>;
}

// A further pane is a line here, its name in model/side.ts, and a file with its content.
const panes: Partial<Record<SidePane, Pane>> = {
  details: { title: () => common().details, content: lazy(() => import("./Details.tsx").then((m) => m.Details)) },
  gallery: { title: () => common().gallery, content: lazy(() => import("./Gallery.tsx").then((m) => m.Gallery)) },
  search: { title: () => common().search, wide: true, stays: true, content: lazy(() => import("./Search.tsx").then((m) => m.Search)) },
  members: { title: () => group().members, within: true, content: lazy(() => import("./Members.tsx").then((m) => m.Members)) },
  manage: { title: () => group().manage, wide: true, within: true, content: lazy(() => import("./Manage.tsx").then((m) => m.Manage)) },
  pins: { title: () => states().pins, content: lazy(() => import("./Pins.tsx").then((m) => m.Pins)) },
};

/** Shows the pane beside a conversation. On a small screen the pane lies over the conversation. */
export function Side({ pane, channel }: { pane: SidePane; channel: string }) {
  const p = panes[pane];
  if (!p) return null;
  const close = () => (side.value = undefined);
  const Content = p.content;
  return (
    <aside class={p.wide ? "aside wide" : "aside"} aria-label={p.title()} onKeyDown={(e) => !composing(e) && e.key === "Escape" && close()}>
      <div class="bar">
        {p.within && <button class="tool" type="button" aria-label={group().toDetails} onClick={() => (side.value = "details")}><Icon name="chevron-left" /></button>}
        <div><h2>{p.title()}</h2></div>
        <button class="tool" type="button" aria-label={common().close} onClick={close}><Icon name="x" /></button>
      </div>
      <Boundary key={p.stays ? pane : `${pane} ${channel}`} instead={() => <p class="pad note soft" role="alert">{common().brokenPart}</p>}>
        <Content channel={channel} />
      </Boundary>
    </aside>
  );
}
