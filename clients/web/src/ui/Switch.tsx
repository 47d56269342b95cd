import { useUniqueId } from "./useUniqueId.ts";

interface SwitchProps {
  title: string;
  note?: string | undefined;
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** Shows a setting that is on or off. */
export function Switch({ title, note, on, disabled = false, onChange }: SwitchProps) {
  const id = useUniqueId();
  return (
    <div class="setting">
      <div><h3>{title}</h3>{note && <p id={id}>{note}</p>}</div>
      <input
        class="switch" type="checkbox" role="switch" checked={on} disabled={disabled} aria-label={title} {...(note && { "aria-describedby": id })}
        onChange={(e) => onChange(e.currentTarget.checked)}
      />
    </div>
  );
}
