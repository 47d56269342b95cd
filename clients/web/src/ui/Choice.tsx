import { Radios } from "./Radios.tsx";
import { useUniqueId } from "./useUniqueId.ts";

interface ChoiceProps<V extends string> {
  title: string;
  note?: string | undefined;
  value: V;
  choices: readonly (readonly [value: V, label: string])[];
  onChange: (value: V) => void;
  /** Whether the title is only for screen readers, because it stands above already. */
  bare?: boolean;
}

/** Shows a setting with a few choices, all of them visible: {@link Radios} beside their title. */
export function Choice<V extends string>({ title, note, value, choices, onChange, bare = false }: ChoiceProps<V>) {
  const id = useUniqueId();
  return (
    <div class="setting">
      {bare ? <span class="sr" id={id}>{title}</span> : <div><h3 id={id}>{title}</h3>{note && <p>{note}</p>}</div>}
      <Radios label={{ id }} value={value} choices={choices} onChange={onChange} />
    </div>
  );
}
