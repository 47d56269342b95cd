import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Rendition } from "../model/wire.ts";
import { useSession } from "./context.ts";
import { whenNear } from "./near.ts";

/** The message that has a file. */
export interface Place {
  channel: string;
  seq: number;
}

/** A URL that opens a file for some minutes. */
export interface FileURL {
  /**
   * A reference to the element that shows the file. The URL is asked for when that element is near
   * the screen.
   */
  ref: { current: Element | null };
  /** The URL, or "" until it is known. */
  url: string;
  failed: boolean;
  /** Asks for another URL, because this one does not open the file now. */
  renew: () => void;
}

const pause = 300; // ms
const tries = 3; // URLs in a row that do not open the file

/** Follows the URL of a file. An expired URL is replaced when an element fails to open it. */
export function useFileURL(place: Place | undefined, media: string, rendition?: Rendition): FileURL {
  const { link } = useSession();
  const url = useSignal("");
  const failed = useSignal(false);
  const asked = useRef(0);
  const element = useRef<Element | null>(null);
  const ask = () => {
    if (!place || asked.current++ >= tries) return void (failed.value = true);
    failed.value = false;
    link.mediaURL(place.channel, place.seq, media, { ...(rendition && { rendition }) }).then(
      (u) => {
        if (u !== url.peek()) return void (url.value = u);
        url.value = ""; // opened once more a moment later, because storage may have been out of reach
        setTimeout(() => (url.value = u), pause * asked.current);
      },
      () => (failed.value = true),
    );
  };
  const { online } = link.state.value;
  useEffect(() => {
    if (!online || !failed.peek()) return;
    asked.current = 0;
    ask();
  }, [online]);
  const wanted = place !== undefined;
  useEffect(() => (wanted && element.current ? whenNear(element.current, ask) : undefined), [wanted, media]);
  return { ref: element, url: url.value, failed: failed.value, renew: ask };
}
