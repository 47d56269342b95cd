import { common } from "../words/common.ts";
import { langOf } from "../words/language.ts";
import { useSession } from "./context.ts";

interface NameProps {
  user: string;
  /** Whether this user is shown as "You". */
  own?: boolean;
  class?: string;
}

/** Shows the name of a person, isolated, so that its writing direction moves nothing around it. */
export function Name({ user, own = false, class: classes }: NameProps) {
  const { me, people } = useSession();
  const name = own && user === me ? common().you : people.name(user);
  return <bdi class={classes} lang={langOf(name)}>{name}</bdi>;
}
