import "../style/viewer.css";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../model/wire.ts";
import { go } from "../model/route.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useFileURL } from "../ui/fileurl.ts";
import { composing } from "../ui/keys.ts";
import { Name } from "../ui/Name.tsx";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { dayOf, sizeOf, timeOf } from "../words/format.ts";
import { langOf } from "../words/language.ts";
import { media } from "../words/media.ts";
import { openForward, startReply } from "./actions.tsx";
import { Tile } from "./Album.tsx";
import { download } from "./download.ts";
import { fitted, useZoom, type Zoom } from "./zoom.ts";
import type { Seen } from "./viewing.ts";

interface ViewerProps {
  items: readonly Seen[];
  from: number;
}

/** Shows pictures and videos as large as the window, one at a time. */
export function Viewer({ items, from }: ViewerProps) {
  const at = useSignal(Math.max(0, from));
  const item = items[at.value]!;
  const together = items.filter((i) => i.seq === item.seq && i.channel === item.channel);
  const nth = together.indexOf(item) + 1;
  const w = media();
  const turn = (by: number) => (at.value = Math.max(0, Math.min(items.length - 1, at.peek() + by)));
  const zoom = useZoom(turn);
  useEffect(() => zoom.reset(), [at.value]);
  const label = together.length > 1 ? w.photoOf(nth, together.length) : item.file.kind === "video" ? w.video : w.photo;
  const key = (e: KeyboardEvent) => {
    if (composing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
    const inVideo = (e.target as Element).localName === "video";
    const does: Record<string, (() => void) | undefined> = {
      ArrowLeft: inVideo ? undefined : () => turn(-1),
      ArrowRight: inVideo ? undefined : () => turn(1),
      "+": () => zoom.by(1.5),
      "-": () => zoom.by(1 / 1.5),
      0: () => zoom.reset(),
    };
    const doing = does[e.key];
    if (!doing) return;
    e.preventDefault();
    doing();
  };
  const handler = useRef(key);
  handler.current = key;
  useEffect(() => { // a press on the picture takes the focus from it, and the keys must go on
    const pressed = (e: KeyboardEvent) => handler.current(e);
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return (
    <Dialog label={label} class="viewer">
      <div class="stage">
        <Top item={item} count={together.length > 1 ? w.count(nth, together.length) : ""} />
        <figure>
          <button class="tool" type="button" aria-label={w.previous} disabled={at.value === 0} onClick={() => turn(-1)}><Icon name="chevron-left" /></button>
          <Large key={`${item.seq}/${item.file.id}`} item={item} zoom={zoom} />
          <button class="tool" type="button" aria-label={w.next} disabled={at.value === items.length - 1} onClick={() => turn(1)}><Icon name="chevron-right" /></button>
        </figure>
        <div class="below">
          {item.file.caption && <p class="note" dir="auto" lang={langOf(item.file.caption)}>{item.file.caption}</p>}
          {together.length > 1 && <Strip together={together} item={item} onChoose={(i) => (at.value = items.indexOf(i))} />}
        </div>
      </div>
      <p class="sr" role="status">{label}</p>
    </Dialog>
  );
}

/** Shows the sender of a file, when it was sent, and the actions on it. */
function Top({ item, count }: { item: Seen; count: string }) {
  const session = useSession();
  const close = useClose();
  const w = media();
  const { file: a } = item;
  const leave = (then: () => void) => () => {
    close();
    then();
  };
  const jump = leave(() => {
    go({ screen: "talk", channel: item.channel, seq: item.seq });
    void session.conversation(item.channel).jump(item.seq);
  });
  const { message = { channel: item.channel, seq: item.seq } as Message } = item;
  return (
    <header class="bar">
      <Face of={item.sender} name={session.people.name(item.sender)} />
      <div>
        <h1 class="cut"><Name user={item.sender} own /></h1>
        <p class="num cut">{dayOf(item.timestamp)} {timeOf(item.timestamp)}{count && ` · ${count}`}</p>
      </div>
      {item.message && <button class="tool wide-only" type="button" aria-label={w.reply} onClick={leave(() => startReply(item.message!))}><Icon name="reply" /></button>}
      <button class="tool" type="button" aria-label={w.forward} onClick={leave(() => openForward(message))}><Icon name="forward" /></button>
      <button class="tool" type="button" aria-label={w.toMessage} onClick={jump}><Icon name="message-circle" /></button>
      <button class="tool" type="button" aria-label={w.downloadOriginal(sizeOf(a.size ?? 0))} onClick={() => void download(session.link, item, a)}><Icon name="download" /></button>
      <button class="tool" type="button" aria-label={common().close} onClick={close}><Icon name="x" /></button>
    </header>
  );
}

/** Shows the picture itself. Its preview is shown until the original has come. */
function Large({ item, zoom }: { item: Seen; zoom: Zoom }) {
  const { file: a } = item;
  const box = useRef<HTMLDivElement>(null);
  const small = useFileURL(item, a.id, a.previews?.find((p) => p.rendition === "large")?.rendition);
  const full = useFileURL(item, a.id);
  const here = useSignal(false);
  useLayoutEffect(() => {
    small.ref.current = full.ref.current = box.current;
    return zoom.listen(box.current!);
  }, []);
  if (a.kind === "video") {
    return (
      <div ref={box} class="large">
        {full.url && <video src={full.url} controls autoplay playsInline aria-label={a.caption || a.name || media().video} onError={full.renew} />}
        {full.failed && <p>{media().cannotShow}</p>}
      </div>
    );
  }
  const room = fitted(a.width ?? 0, a.height ?? 0);
  const alt = a.caption || a.name || media().photo;
  return (
    <div ref={box} class="large">
      <div class="zoomed" style={{ ...room, transform: zoom.transform.value }}>
        {!here.value && small.url && <img src={small.url} alt="" draggable={false} />}
        {full.url && <img src={full.url} alt={alt} draggable={false} onLoad={() => (here.value = true)} onError={full.renew} />}
      </div>
      {full.failed && !here.value && <p>{media().cannotShow}</p>}
    </div>
  );
}

function Strip({ together, item, onChoose }: { together: readonly Seen[]; item: Seen; onChoose: (i: Seen) => void }) {
  const w = media();
  const current = useRef<HTMLLIElement>(null);
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "center" }), [item]);
  return (
    <ul class="strip">
      {together.map((i, n) => (
        <li key={i.file.id} ref={i === item ? current : null} aria-current={i === item || undefined}>
          <Tile place={i} item={{ file: i.file }} label={w.photoOf(n + 1, together.length)} more={0} onOpen={() => onChoose(i)} />
        </li>
      ))}
    </ul>
  );
}
