import "../style/gallery.css";
import { useSignal } from "@preact/signals";
import type { wire } from "natterjack";
import { useEffect, useRef } from "preact/hooks";
import { explain, faultOf } from "../model/explain.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { Name } from "../ui/Name.tsx";
import { whenNear } from "../ui/near.ts";
import { show } from "../ui/overlay.tsx";
import { Radios } from "../ui/Radios.tsx";
import { Time } from "../ui/Time.tsx";
import { common } from "../words/common.ts";
import { monthOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { Tile } from "./Album.tsx";
import { FileCard } from "./Attachments.tsx";
import { Viewer } from "./mediaLazies.ts";
import type { PaneProps } from "./Side.tsx";
import { Sound } from "./Sound.tsx";
import type { Seen } from "./viewing.ts";

const kinds = ["images", "files", "voice", "links"] as const;
const page = 40;

type Kind = (typeof kinds)[number];
type Item = wire.GalleryItem;

/** Shows what was sent to a channel besides words, by kind, the newest first. */
export function Gallery({ channel }: PaneProps) {
  const kind = useSignal<Kind>("images");
  const w = media();
  return (
    <div class="gallery scroll">
      <Radios label={common().gallery} value={kind.value} choices={kinds.map((k) => [k, w.kinds[k]] as const)} onChange={(k) => (kind.value = k)} />
      <Items key={kind.value} channel={channel} kind={kind.value} />
    </div>
  );
}

function Items({ channel, kind }: { channel: string; kind: Kind }) {
  const { link } = useSession();
  const items = useSignal<readonly Item[] | undefined>(undefined);
  const next = useSignal<wire.MediaPlace | undefined>(undefined);
  const fault = useSignal("");
  const read = async () => {
    fault.value = "";
    try {
      const before = next.peek();
      const found = await link.request("list_media", { channel, kind, limit: page, ...(before && { before }) });
      items.value = [...(items.peek() ?? []), ...found.items];
      next.value = found.next;
    } catch (error) {
      fault.value = explain(faultOf(error));
    }
  };
  useEffect(() => void read(), []);
  const all = items.value;
  return (
    <>
      {all?.length === 0 && <p class="note soft none">{media().none[kind]}</p>}
      {byMonth(all ?? []).map(([month, of]) => (
        <section key={month}>
          <h3 class="group-name">{month}</h3>
          {kind === "images" ? <Pictures channel={channel} items={of} all={all!} /> : <Rows channel={channel} items={of} />}
        </section>
      ))}
      {fault.value && <p class="fault" role="alert"><span>{fault}</span><button class="button quiet small" type="button" onClick={() => void read()}>{common().retry}</button></p>}
      {next.value && !fault.value && <Further key={all!.length} read={() => void read()} />}
    </>
  );
}

function byMonth(items: readonly Item[]): [month: string, items: Item[]][] {
  const months = new Map<string, Item[]>();
  for (const i of items) {
    const month = monthOf(i.timestamp);
    months.set(month, [...(months.get(month) ?? []), i]);
  }
  return [...months];
}

/** Reads the next page of results when it comes near the screen. */
function Further({ read }: { read: () => void }) {
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => whenNear(end.current!, read), []);
  return <p ref={end} class="note soft none">{common().loading}</p>;
}

interface PartProps {
  channel: string;
  items: readonly Item[];
}

/**
 * Shows pictures. The viewer shows them from the oldest to the newest, as the conversation does.
 */
function Pictures({ channel, items, all }: PartProps & { all: readonly Item[] }) {
  const w = media();
  const open = (item: Item) => {
    const seen = all.flatMap((i): Seen[] => (i.attachment ? [{ channel, seq: i.seq, sender: i.sender, timestamp: i.timestamp, file: i.attachment }] : []));
    const at = all.indexOf(item);
    void show(() => <Viewer items={seen.toReversed()} from={seen.length - 1 - at} />);
  };
  return (
    <div class="thumbs">
      {items.map((i) => (
        <Tile
          key={`${i.seq}/${i.index}`} place={{ channel, seq: i.seq }} item={{ file: i.attachment! }} more={0} small
          label={(i.attachment!.kind === "video" ? w.videoNamed : w.photoNamed)(i.attachment!.caption || i.attachment!.name || "")} onOpen={() => open(i)}
        />
      ))}
    </div>
  );
}

function Rows({ channel, items }: PartProps) {
  return <ul>{items.map((i) => <li key={`${i.seq}/${i.index}`}><Row channel={channel} item={i} /></li>)}</ul>;
}

function Row({ channel, item: i }: { channel: string; item: Item }) {
  const session = useSession();
  const place = { channel, seq: i.seq };
  return (
    <>
      {i.link && <Address href={i.link} />}
      {i.attachment && (i.attachment.kind === "voice" || i.attachment.kind === "audio" ? <Sound place={place} file={i.attachment} /> : <FileCard place={place} file={i.attachment} />)}
      <p class="note soft from">
        <Name user={i.sender} own class="cut" /> <Time at={i.timestamp} list />
        <button class="button quiet small" type="button" onClick={() => void session.conversation(channel).jump(i.seq)}>{media().toMessage}</button>
      </p>
    </>
  );
}

function Address({ href }: { href: string }) {
  if (!/^https?:\/\//i.test(href)) return <p class="card">{href}</p>;
  return (
    <a class="card" href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
      <Icon name="link" /><div><b class="cut"><bdi>{href.replace(/^https?:\/\//i, "")}</bdi></b></div>
    </a>
  );
}
