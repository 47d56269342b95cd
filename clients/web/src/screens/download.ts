import { explain, faultOf } from "../model/explain.ts";
import type { Link } from "../model/link.ts";
import type { Attachment } from "../model/wire.ts";
import { say } from "../ui/announce.ts";
import type { Place } from "../ui/fileurl.ts";

/** Saves a file on this device. Browsers do not show the URL that it uses, but save its file. */
export async function download(link: Link, place: Place, file: Attachment): Promise<void> {
  try {
    const a = document.createElement("a");
    a.href = await link.mediaURL(place.channel, place.seq, file.id, { download: true });
    a.download = file.name ?? "";
    a.rel = "noopener noreferrer";
    a.click();
  } catch (error) {
    say(explain(faultOf(error)), { visible: true });
  }
}
