import { filtersIn, withFilter, withoutFilter, type Filter, type FilterKind } from "../model/query.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { Menu, show } from "../ui/overlay.tsx";
import { dateOf } from "../words/format.ts";
import { search as words } from "../words/search.ts";
import { Item } from "./MessageMenus.tsx";
import { ChooseChannel, ChooseDay, ChoosePerson } from "./Choose.tsx";

/** Shows the filters of the query. Each can be removed, and another one can be added. */
export function Filters() {
  const { search, people } = useSession();
  const w = words();
  const all = filtersIn(search.query.value);
  const open = (e: Event) => {
    const at = e.currentTarget as Element;
    void show(() => <FilterMenu at={at} />);
  };
  return (
    <div class="chips" role="group" aria-label={w.filters}>
      {all.map((f) => {
        const label = labelOf(f, (user) => people.name(user));
        return (
          <button key={f.from} class="chip" type="button" aria-label={w.remove(label)} onClick={() => search.write(withoutFilter(search.query.peek(), f))}>
            <bdi class="cut">{label}</bdi> <Icon name="x" small />
          </button>
        );
      })}
      <button class="chip add" type="button" aria-haspopup="dialog" onClick={open}><Icon name="plus" small /> {w.addFilter}</button>
    </div>
  );
}

function labelOf(f: Filter, name: (user: string) => string): string {
  const w = words();
  const value = f.value.replace(/^[@#]/, "");
  const label = {
    from: () => w.from(name(value)),
    with: () => w.with(name(value)),
    in: () => w.in(value),
    before: () => w.before(dayOf(value)),
    after: () => w.after(dayOf(value)),
    on: () => w.on(dayOf(value)),
    has: () => w.has[value as keyof typeof w.has] ?? value,
    is: () => w.is[value as keyof typeof w.is] ?? value,
  }[f.kind]();
  return f.not ? w.not(label) : label;
}

/**
 * Returns a day as people write it. A value that is no day of the calendar stays as it was typed.
 */
function dayOf(value: string): string {
  const [, y, m, d] = value.match(/^(\d{4})-(\d{1,2})-(\d{1,2})$/) ?? [];
  return y ? dateOf(new Date(Number(y), Number(m) - 1, Number(d)).getTime()) : value;
}

function FilterMenu({ at }: { at: Element }) {
  const { search } = useSession();
  const w = words();
  const add = (kind: FilterKind, value: string) => {
    search.write(withFilter(search.query.peek(), kind, value));
    search.asked.value++;
  };
  const has = { image: "image", file: "file-text", link: "link", reaction: "smile" } as const;
  const is = { pinned: "pin", unread: "mail", mention: "at-sign" } as const;
  const each = <T extends string>(kind: FilterKind, all: Record<T, IconName>, labels: Record<T, string>) =>
    (Object.keys(all) as T[]).map((value) => <Item key={value} icon={all[value]} onClick={() => add(kind, value)}>{labels[value]}</Item>);
  return (
    <Menu label={w.filters} at={at}>
      <Item icon="user" onClick={() => void show(() => <ChoosePerson onChoose={(user) => add("from", user)} />)}>{w.pick.from}</Item>
      <Item icon="message-circle" onClick={() => void show(() => <ChooseChannel onChoose={(name) => add("in", name)} />)}>{w.pick.in}</Item>
      <Item icon="calendar" onClick={() => void show(() => <ChooseDay label={w.pick.after} onChoose={(day) => add("after", day)} />)}>{w.pick.after}</Item>
      <Item icon="calendar" onClick={() => void show(() => <ChooseDay label={w.pick.before} onChoose={(day) => add("before", day)} />)}>{w.pick.before}</Item>
      {each("has", has, w.has)}
      {each("is", is, w.is)}
    </Menu>
  );
}
