import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Attachment } from "../model/wire.ts";
import { Blur } from "../ui/Blur.tsx";
import { useFileURL, type Place } from "../ui/fileurl.ts";
import { Icon } from "../ui/Icon.tsx";
import { media } from "../words/media.ts";

const widest = 416; // px, of an album
const highest = 400;
const narrowest = 96;
const shown = 6; // of an album

/** A picture or video of a message, and a URL of it before the server has it. */
export interface Item {
  file: Attachment;
  local?: string | undefined;
}

interface AlbumProps {
  place: Place | undefined;
  items: readonly Item[];
  onOpen: (file: Attachment) => void;
}

/**
 * Shows the pictures and videos of a message. Each place has its final size before anything is
 * loaded.
 */
export function Album({ place, items, onOpen }: AlbumProps) {
  const [only] = items;
  if (items.length === 1) return <Single place={place} item={only!} onOpen={onOpen} />;
  const tiles = items.slice(0, shown);
  const more = items.length - tiles.length;
  return (
    <div class={items.length === 2 || items.length === 4 ? "album two" : "album"}>
      {tiles.map((item, i) => (
        <Tile
          key={item.file.id} place={place} item={item} more={i === tiles.length - 1 ? more : 0}
          label={labelOf(item.file, i + 1, items.length)} onOpen={() => onOpen(item.file)}
        />
      ))}
    </div>
  );
}

/** Shows one picture alone. It has its own shape, unless that is extreme. */
function Single({ place, item, onOpen }: { place: Place | undefined; item: Item; onOpen: (file: Attachment) => void }) {
  const { file: a } = item;
  const style = roomOf(a);
  if (a.kind === "video") return <Video place={place} item={item} style={style} />;
  return <div class="album one" style={style}><Tile place={place} item={item} more={0} label={labelOf(a, 1, 1)} onOpen={() => onOpen(a)} /></div>;
}

/** Returns the room that a picture takes when it stands alone, for CSS. */
export function roomOf({ width = 0, height = 0 }: { width?: number; height?: number }): Record<string, string> {
  const ratio = width && height ? Math.min(3, Math.max(0.5, width / height)) : 1.5;
  const most = width && height ? Math.round(Math.max(narrowest, Math.min(widest, width, highest * ratio))) : widest;
  return { width: `min(100%, ${most}px)`, "aspect-ratio": ratio.toFixed(4) };
}

function labelOf(a: Attachment, i: number, n: number): string {
  const w = media();
  const name = a.caption || a.name || "";
  if (a.kind === "video") return name ? w.videoNamed(name) : w.video;
  return n > 1 ? `${w.photoOf(i, n)}${name && `: ${name}`}` : name ? w.photoNamed(name) : w.photo;
}

interface TileProps {
  place: Place | undefined;
  item: Item;
  label: string;
  more: number;
  /** Whether the smallest preview is enough. */
  small?: boolean;
  onOpen: () => void;
}

/** Shows a picture in its place: first a blur that stands for it, then the picture itself. */
export function Tile({ place, item, label, more, small = false, onOpen }: TileProps) {
  const { file: a } = item;
  const w = media();
  const unshowable = useSignal(false); // a browser may not show every picture that its device has
  const local = unshowable.value ? undefined : item.local;
  const moving = a.kind === "video";
  const of = (rendition: string) => a.previews?.find((p) => p.rendition === rendition);
  const still = small ? (of("small") ?? of("large")) : (of("large") ?? of("small"));
  const asIs = a.animated && !(small && still) && !(still && matchMedia("(prefers-reduced-motion: reduce)").matches);
  const from = useFileURL(local ? undefined : place, a.id, asIs ? undefined : still?.rendition);
  const here = useSignal(false);
  const url = local || from.url;
  const lost = () => (local ? (unshowable.value = true) : from.renew());
  return (
    <button ref={from.ref as { current: HTMLButtonElement | null }} class={here.value ? "photo here-now" : "photo"} type="button" aria-label={more ? `${label}, ${w.moreOf(more)}` : label} onClick={onOpen}>
      {a.blurhash && !here.value && <Blur hash={a.blurhash} />}
      {url && (moving && !still
        ? <video src={url} preload="metadata" muted playsInline tabIndex={-1} onLoadedData={() => (here.value = true)} onError={lost} />
        : <img src={url} alt="" decoding="async" onLoad={() => (here.value = true)} onError={lost} />)}
      {from.failed && !here.value && <span class="broken"><Icon name="triangle-alert" /><span class="sr">{w.cannotShow}</span></span>}
      {moving && <span class="load start"><Icon name="play" /></span>}
      {more > 0 && <span class="more" aria-hidden="true">+{more}</span>}
    </button>
  );
}

/** Shows a video in the log. The browser reads it by ranges, as far as the user looks. */
function Video({ place, item: { file: a, local }, style }: { place: Place | undefined; item: Item; style: Record<string, string> }) {
  const from = useFileURL(local ? undefined : place, a.id);
  const poster = useFileURL(local || !a.previews?.length ? undefined : place, a.id, a.previews?.[0]?.rendition);
  const video = useRef<HTMLVideoElement>(null);
  const spot = useRef({ at: 0, playing: false });
  const box = (e: Element | null) => (from.ref.current = poster.ref.current = e);
  const lost = () => {
    const v = video.current!;
    spot.current = { at: v.currentTime, playing: !v.paused };
    if (!local) from.renew();
  };
  const back = () => {
    const v = video.current!;
    if (spot.current.at > 0) v.currentTime = spot.current.at;
    if (spot.current.playing) void v.play().catch(() => {});
    spot.current = { at: 0, playing: false };
  };
  return (
    <div ref={box as (e: HTMLDivElement | null) => void} class="album one" style={style}>
      <div class="photo">
        {a.blurhash && <Blur hash={a.blurhash} />}
        <video
          ref={video} src={local || from.url || undefined} poster={poster.url || undefined} controls playsInline
          preload={poster.url ? "none" : "metadata"} aria-label={a.caption || a.name || media().video} onError={lost} onLoadedMetadata={back}
        />
        {from.failed && <span class="broken"><Icon name="triangle-alert" /><span>{media().cannotShow}</span></span>}
      </div>
    </div>
  );
}
