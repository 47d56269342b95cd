import type { ComponentChild, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { whenIdle } from "../model/idle.ts";
import { part } from "../model/parts.ts";

/**
 * Makes a component from one that is loaded when it is first shown. Until it is loaded, a stand-in
 * is shown, which is nothing unless set. With early, loading begins at once, or when the page is
 * idle, so the component is mostly there when it is first shown.
 */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>, { early = false, until = () => null }: { early?: boolean | "idle"; until?: () => ComponentChild } = {},
): ComponentType<P> {
  let Loaded: ComponentType<P> | undefined;
  const ahead = () => void load().then((c) => void (Loaded = c), () => {}); // it is loaded again when it is shown
  if (early === true) ahead();
  else if (early) whenIdle(ahead);
  return function Lazy(props: P) {
    const [, show] = useState(false);
    const missing = !Loaded;
    useEffect(() => {
      if (Loaded) return void (missing && show(true)); // it was loaded after it was drawn
      const gone = new AbortController();
      const loaded = (c: ComponentType<P>) => {
        Loaded = c;
        if (!gone.signal.aborted) show(true);
      };
      part(load, gone.signal).then(loaded, () => {}); // it rejects once the component is not shown
      return () => gone.abort();
    }, []);
    return <>{Loaded ? <Loaded {...props} /> : until()}</>;
  };
}
