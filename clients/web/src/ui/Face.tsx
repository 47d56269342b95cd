import { useContext } from "preact/hooks";
import { SessionContext } from "./context.ts";

/** What a face belongs to. The outline of the face shows it. */
export type FaceShape = "person" | "group" | "agent";

interface FaceProps {
  /** The id of the user or the channel, from which the tone and the warts are made. */
  of: string;
  /** The name whose first letter is shown. */
  name: string;
  shape?: FaceShape;
  size?: "tiny" | "big" | "huge";
  presence?: "online" | "away" | "offline" | undefined;
  /** The id of a group's picture. The picture of a person is known from their profile. */
  picture?: string | undefined;
}

/** Draws a face. It is hidden from screen readers, because the name stands beside it. */
export function Face({ of, name, shape = "person", size, presence, picture }: FaceProps) {
  const people = useContext(SessionContext)?.people;
  const id = picture ?? (shape === "person" ? people?.of(of).value.picture?.id : undefined);
  const url = id ? people?.picture(id, size === "huge" ? "large" : "small").value : "";
  const hash = hashOf(of);
  const dot = presence && <i class={presence === "online" ? "dot" : presence === "away" ? "dot away" : "dot off"} />;
  const classes = ["face", `f${(hash % 8) + 1}`, `s${(hash >>> 3) % 4}`, shape !== "person" && shape, size];
  return (
    <span class={classes.filter(Boolean).join(" ")} aria-hidden="true">
      {url ? <img src={url} alt="" /> : firstLetter(name)}
      {dot}
    </span>
  );
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function firstLetter(name: string): string {
  for (const { segment } of segmenter.segment(name)) return segment.toUpperCase();
  return "";
}

/** Returns the FNV-1a hash of a name, so that a face has the same tone on every device. */
function hashOf(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
