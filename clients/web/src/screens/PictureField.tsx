import "../style/group.css";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Picture } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { useDoing } from "../ui/doing.ts";
import { Fault } from "../ui/Fault.tsx";
import { Icon } from "../ui/Icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { show } from "../ui/overlay.tsx";
import { group } from "../words/group.ts";
import { picture as words } from "../words/picture.ts";

const Crop = lazy(() => import("./Crop.tsx").then((m) => m.Crop));

interface PictureFieldProps {
  /** The channel whose picture it is: the group, or the user's own channel. */
  channel: string;
  shown: ComponentChildren;
  has: boolean;
  shape: "person" | "group";
  /** Sets the picture, or removes it if the picture has no id. */
  onSet: (picture: Picture) => Promise<unknown>;
}

/**
 * Shows a picture with the ways to change and to remove it. A square is cut out of the picture that
 * is chosen.
 */
export function PictureField({ channel, shown, has, shape, onSet }: PictureFieldProps) {
  const { link } = useSession();
  const doing = useDoing();
  const input = useRef<HTMLInputElement>(null);
  const w = group();
  const picked = async (file: File | undefined) => {
    input.current!.value = ""; // the same file may be chosen again
    if (!file) return;
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => undefined);
    if (!bitmap) return doing.fail(words().unreadable);
    const save = async (square: File) => {
      const { attachment, ticket } = await link.upload(channel, square, { name: square.name, purpose: "picture" });
      await onSet({ id: attachment.id, ticket });
    };
    await show(() => <Crop bitmap={bitmap} round={shape === "person"} onSave={save} />);
    bitmap.close();
  };
  return (
    <div class="picture-field">
      {shown}
      <div>
        <input ref={input} type="file" accept="image/*" hidden onChange={(e) => void picked(e.currentTarget.files?.[0])} />
        <button class="button small" type="button" disabled={doing.busy.value} onClick={() => input.current!.click()}><Icon name="camera" small />{w.changePicture}</button>
        {has && <button class="button quiet small" type="button" disabled={doing.busy.value} onClick={() => void doing.run(() => onSet({}))}>{w.removePicture}</button>}
      </div>
      <Fault of={doing} />
    </div>
  );
}
