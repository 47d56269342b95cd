import { useSignal } from "@preact/signals";
import { ChannelFace } from "../../ui/ChannelFace.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Face } from "../../ui/Face.tsx";
import { useUniqueId } from "../../ui/useUniqueId.ts";
import { common } from "../../words/common.ts";
import { group } from "../../words/group.ts";
import { PictureField } from "../PictureField.tsx";

const longestName = 100; // characters
const longestTopic = 500;

/** Shows the name, the topic and the picture of a group. */
export function About({ channel }: { channel: string }) {
  const { channels, link } = useSession();
  const c = channels.of(channel).value;
  const doing = useDoing();
  const name = useSignal<string | undefined>(undefined); // undefined until it is changed; the server's name is shown then
  const topic = useSignal<string | undefined>(undefined);
  const id = useUniqueId();
  const w = group();
  const changed = { ...(name.value?.trim() && name.value.trim() !== c.name && { name: name.value.trim() }), ...(topic.value !== undefined && topic.value.trim() !== (c.topic ?? "") && { topic: topic.value.trim() }) };
  const save = async (e: Event) => {
    e.preventDefault();
    const saved = await doing.run(async () => {
      await link.request("update_channel", { channel, ...changed });
      await channels.refresh(channel);
    });
    if (saved) name.value = topic.value = undefined;
  };
  return (
    <section class="section">
      <h3 id={id}>{w.edit}</h3>
      <PictureField
        channel={channel} has={c.picture?.id !== undefined} shape="group" shown={c.picture?.id ? <ChannelFace channel={c} size="huge" /> : <Face of={channel} name={c.name ?? ""} shape="group" size="huge" />}
        onSet={async (picture) => {
          await link.request("update_channel", { channel, picture });
          await channels.refresh(channel);
        }}
      />
      <form class="stack" aria-labelledby={id} onSubmit={(e) => void save(e)}>
        <label class="label">{w.name}
          <input class="field" name="name" required maxLength={longestName} autocomplete="off" value={name.value ?? c.name ?? ""} onInput={(e) => (name.value = e.currentTarget.value)} />
        </label>
        <label class="label">{w.topic}
          <textarea class="field area" name="topic" rows={2} maxLength={longestTopic} placeholder={w.topicHint} value={topic.value ?? c.topic ?? ""} onInput={(e) => (topic.value = e.currentTarget.value.replaceAll("\n", " "))} />
        </label>
        <Fault of={doing} />
        {Object.keys(changed).length > 0 && <p class="choices"><button class="button main" disabled={doing.busy.value}>{common().save}</button></p>}
      </form>
    </section>
  );
}
