import { useEffect } from "preact/hooks";
import { programOf } from "../../model/agent.ts";
import { ask } from "../../ui/Confirm.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { settings } from "../../words/settings.ts";
import type { SectionProps } from "../Settings.tsx";

/** Shows the sessions in which the user is signed in. */
export function Sessions({ devices }: SectionProps) {
  const { link } = useSession();
  const doing = useDoing();
  const { session } = link.state.value;
  const w = settings();
  useEffect(() => {
    if (session) void doing.run(() => devices.read());
  }, [session]);
  const others = devices.others();
  const outOthers = () =>
    void ask({ title: w.signOutOthersAsk, text: `${w.others(others.length)}: ${w.signOutOthersNote}`, yes: w.signOutOthers, danger: true, act: () => devices.end(others) });
  return (
    <>
      <ul>
        {devices.all.value?.map((s) => {
          const program = programOf(s.agent) || w.unknownAgent;
          return (
            <li key={s.id} class="setting session">
              <div>
                <h3><Icon name={/Android|iPhone|Mobile/.test(s.agent ?? "") ? "smartphone" : "laptop"} small />{program}</h3>
                <p>{[w.since(s.started), s.address].filter(Boolean).join(" · ")}</p>
              </div>
              {devices.own(s)
                ? <span class="role">{w.thisDevice}</span>
                : <button class="button small danger" type="button" aria-label={w.signOutOne(program)} disabled={doing.busy.value} onClick={() => void doing.run(() => devices.end([s]))}>{w.signOutOf}</button>}
            </li>
          );
        })}
      </ul>
      {others.length > 0 && <p class="choices"><button class="button danger" type="button" onClick={outOthers}>{w.signOutOthers}</button></p>}
      <p class="note soft">{w.sameToken}</p>
      <Fault of={doing} />
    </>
  );
}
