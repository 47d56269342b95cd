import { useUniqueId } from "./useUniqueId.ts";

interface RadiosProps<V extends string> {
  /** What is chosen: its name, or the id of the element that has it. */
  label: string | { id: string };
  value: V;
  choices: readonly (readonly [value: V, label: string])[];
  onChange: (value: V) => void;
}

/** A few choices in a row, of which one holds. */
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
