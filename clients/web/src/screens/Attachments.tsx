import "../style/media.css";
import type { Attachment, Message } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import type { Place } from "../ui/fileurl.ts";
import { Icon } from "../ui/Icon.tsx";
import { show } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { sizeOf } from "../words/format.ts";
import { langOf } from "../words/language.ts";
import { media } from "../words/media.ts";
import { Album, type Item } from "./Album.tsx";
import { download } from "./download.ts";
import { Viewer } from "./mediaLazies.ts";
import { Sound } from "./Sound.tsx";
import { picturesOf } from "./viewing.ts";

interface AttachmentsProps {
  /** The message that they belong to, once it is stored. */
  message?: Message | undefined;
  attachments: readonly Attachment[];
}

/** Shows the files of a message: pictures and videos first, then sounds, and then the others. */
export function Attachments({ message, attachments }: AttachmentsProps) {
  const session = useSession();
  const place = message && { channel: message.channel, seq: message.seq };
  const items = attachments.map((a): Item => {
    const local = session.tray.local(a.id);
    return { file: local ? { ...local.attachment, ...a } : a, local: local?.url };
  });
  const seen = items.filter(({ file: { kind } }) => kind === "image" || kind === "video");
  const captions = seen.filter(({ file }) => file.caption);
  const open = (file: Attachment) => {
    if (!message) return;
    const all = picturesOf(session.conversation(message.channel).messages.peek());
    void show(() => <Viewer items={all} from={all.findIndex((i) => i.file.id === file.id && i.seq === message.seq)} />);
  };
  return (
    <>
      {seen.length > 0 && (
        <figure class="pictures">
          <Album place={place} items={seen} onOpen={open} />
          {captions.map(({ file }) => <figcaption key={file.id} class="note" dir="auto" lang={langOf(file.caption!)}>{file.caption}</figcaption>)}
        </figure>
      )}
      {items.filter((i) => !seen.includes(i)).map((i) => <Other key={i.file.id} place={place} item={i} />)}
    </>
  );
}

function Other({ place, item: { file: a, local } }: { place: Place | undefined; item: Item }) {
  return (
    <div class="other">
      {a.kind === "voice" || a.kind === "audio" ? <Sound place={place} file={a} local={local} /> : <FileCard place={place} file={a} />}
      {a.caption && <p class="note" dir="auto" lang={langOf(a.caption)}>{a.caption}</p>}
    </div>
  );
}

/** Shows a file that can only be saved. */
export function FileCard({ place, file: a }: { place: Place | undefined; file: Attachment }) {
  const { link } = useSession();
  const name = a.name ?? common().file;
  const inside = (
    <>
      <Icon name={a.type?.startsWith("audio/") ? "file-audio" : "file-text"} />
      <div><b class="cut"><bdi>{name}</bdi></b>{a.size !== undefined && <span class="soft">{sizeOf(a.size)}</span>}</div>
    </>
  );
  if (!place) return <div class="card">{inside}</div>;
  return (
    <button class="card" type="button" onClick={() => void download(link, place, a)}>
      <span class="sr">{media().save}: </span>{inside}
      <Icon name="download" />
    </button>
  );
}
