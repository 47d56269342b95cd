import type { Conversation } from "../model/conversation.ts";
import type { Message } from "../model/wire.ts";
import { Icon } from "../ui/Icon.tsx";
import { common } from "../words/common.ts";
import { talk } from "../words/talk.ts";
import { openActions, openReactionPicker, startReply } from "./actions.tsx";

/** Shows the actions on a message beside it. Keys do the same from the message itself. */
export function Toolbar({ message, conversation }: { message: Message; conversation: Conversation }) {
  const w = talk();
  return (
    <div class="actions wide-only">
      <button class="tool" type="button" tabIndex={-1} aria-label={w.react} onClick={(e) => openReactionPicker(message, e.currentTarget)}>
        <Icon name="smile-plus" />
      </button>
      <button class="tool" type="button" tabIndex={-1} aria-label={w.reply} onClick={() => startReply(message)}>
        <Icon name="reply" />
      </button>
      <button class="tool" type="button" tabIndex={-1} aria-label={common().more} onClick={(e) => openActions(conversation, message, e.currentTarget)}>
        <Icon name="ellipsis" />
      </button>
    </div>
  );
}
