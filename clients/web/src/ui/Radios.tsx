import { useUniqueId } from "./useUniqueId.ts";

interface RadiosProps<V extends string> {
  /** The name of the choice, or the id of the element that has the name. */
  label: string | { id: string };
  value: V;
  choices: readonly (readonly [value: V, label: string])[];
  onChange: (value: V) => void;
}

/** Shows a few choices in a row, of which one is chosen. */
export function Radios<V extends string>({ label, value, choices, onChange }: RadiosProps<V>) {
  const name = useUniqueId();
  const named = typeof label === "string" ? { "aria-label": label } : { "aria-labelledby": label.id };
  return (
    <span class="choice" role="radiogroup" {...named}>
      {choices.map(([v, text]) => (
        <label key={v}><input type="radio" name={name} value={v} checked={v === value} onChange={() => onChange(v)} />{text}</label>
      ))}
    </span>
  );
}
