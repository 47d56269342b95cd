import { signal } from "@preact/signals";
import type { Session } from "../model/session.ts";
import { partnerIn } from "../model/wire.ts";
import { about, focusComposer } from "../model/writing.ts";
import { say } from "../ui/announce.ts";
import { useSession } from "../ui/context.ts";
import { media } from "../words/media.ts";

/** How many files are held over the conversation. */
export const heldOver = signal(0);

/** Picks files for the next message, and says so if there are too many. */
export function pick(session: Session, channel: string, files: Iterable<File>): void {
  const left = session.tray.add(channel, files);
  if (left > 0) say(media().tooMany(left), { visible: true });
  focusComposer();
}

/** Returns what a conversation does with files that are held over it and dropped. */
export function useDropping(channel: string) {
  const session = useSession();
  const may = () => {
    const c = session.channels.get(channel);
    const blocked = session.settings.of(`block/${partnerIn(channel, session.me) ?? ""}`).peek() === "1";
    return about.peek()?.kind !== "edit" && !c?.archived && c?.role !== "reader" && !blocked;
  };
  const holds = (e: DragEvent) => may() && (e.dataTransfer?.types.includes("Files") ?? false);
  return {
    onDragOver: (e: DragEvent) => {
      if (!holds(e)) return;
      e.preventDefault();
      e.dataTransfer!.dropEffect = "copy";
      heldOver.value = [...e.dataTransfer!.items].filter((i) => i.kind === "file").length || 1;
    },
    onDragLeave: (e: DragEvent) => {
      if (!(e.currentTarget as Element).contains(e.relatedTarget as Node | null)) heldOver.value = 0;
    },
    onDrop: (e: DragEvent) => {
      heldOver.value = 0;
      if (!holds(e)) return;
      e.preventDefault();
      if (e.dataTransfer!.files.length) pick(session, channel, e.dataTransfer!.files);
    },
  };
}
