import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { InviteLinks } from "../../model/invitelinks.ts";
import { Choice } from "../../ui/Choice.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Dialog, useClose } from "../../ui/overlay.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { common } from "../../words/common.ts";
import { group } from "../../words/group.ts";
import { copy } from "./Invites.tsx";

const expiries = { hour: 3600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400, never: 0 } as const; // seconds
type Expiry = keyof typeof expiries;
const uses = ["1", "10", "100", "0"] as const; // 0 means without a limit

/** Makes an invite, and shows its link. */
export function NewInvite({ channel }: { channel: string }) {
  const session = useSession();
  const doing = useDoing();
  const close = useClose();
  const expiry = useSignal<Expiry>("week");
  const times = useSignal<(typeof uses)[number]>("0");
  const approval = useSignal(false);
  const made = useSignal("");
  const w = group();
  const submit = async (e: Event) => {
    e.preventDefault();
    await doing.run(async () => {
      const links = new InviteLinks(session.me);
      const hash = links.make();
      try {
        await session.link.request("create_invite", { channel, hash, expires_s: expiries[expiry.peek()], uses: Number(times.peek()), approval: approval.peek() });
      } catch (error) {
        links.forget(hash);
        throw error;
      }
      made.value = links.link(channel, hash)!;
      await session.members.refresh(channel);
    });
  };
  return (
    <Dialog label={w.newInvite} class="narrow">
      {made.value ? <Ready link={made.value} onDone={close} /> : (
        <form class="pad stack" onSubmit={(e) => void submit(e)}>
          <h2>{w.newInvite}</h2>
          <div>
            <Choice title={w.expiry} value={expiry.value} onChange={(v) => (expiry.value = v)} choices={(Object.keys(expiries) as Expiry[]).map((k) => [k, w.expiries[k]])} />
            <Choice title={w.uses} value={times.value} onChange={(v) => (times.value = v)} choices={uses.map((n) => [n, n === "0" ? w.unlimited : w.usesOf(Number(n))])} />
            <Switch title={w.approval} on={approval.value} onChange={(on) => (approval.value = on)} />
          </div>
          <Fault of={doing} />
          <p class="choices">
            <button class="button" type="button" onClick={close}>{common().cancel}</button>
            <button class="button main" disabled={doing.busy.value}>{w.makeLink}</button>
          </p>
        </form>
      )}
    </Dialog>
  );
}

function Ready({ link, onDone }: { link: string; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const w = group();
  useEffect(() => field.current?.select(), []);
  return (
    <div class="pad stack">
      <h2>{w.linkReady}</h2>
      <input ref={field} class="field" readOnly value={link} aria-label={w.invites} />
      <p class="note soft">{w.linkReadyNote}</p>
      <p class="choices">
        <button class="button" type="button" onClick={onDone}>{common().close}</button>
        <button class="button main" type="button" onClick={() => void copy(link).then(onDone)}><Icon name="copy" small />{w.copyLink}</button>
      </p>
    </div>
  );
}
