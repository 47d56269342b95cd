import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { wire } from "natterjack";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { sizeOf } from "../../words/format.ts";
import { settings } from "../../words/settings.ts";

/** Shows how much room the user's files take. */
export function Storage() {
  const { link } = useSession();
  const doing = useDoing();
  const use = useSignal<wire.StorageUse | undefined>(undefined);
  const w = settings();
  useEffect(() => void doing.run(async () => (use.value = (await link.request("get_storage", {})).user)), []);
  const u = use.value;
  return (
    <>
      {u && (
        <div class="setting storage">
          <div><h3 id="storage-used">{u.limit ? w.used(sizeOf(u.used), sizeOf(u.limit)) : w.usedNoLimit(sizeOf(u.used))}</h3><p>{w.storageNote}{u.reserved ? ` ${w.reserved(sizeOf(u.reserved))}` : ""}</p></div>
          {u.limit ? <meter aria-labelledby="storage-used" min={0} max={u.limit} high={u.limit * 0.9} value={u.used + (u.reserved ?? 0)} /> : null}
        </div>
      )}
      <Fault of={doing} />
    </>
  );
}
