import { effect, signal } from "@preact/signals";

/** The theme a person has chosen; "auto" follows the system. */
export type Theme = "auto" | "light" | "dark";

const stored = "natterjack.theme";

/** The chosen theme, remembered on this device. */
export const theme = signal<Theme>(known(localStorage.getItem(stored)));

/** Keeps the theme of the document up to date. */
export function followTheme(): () => void {
  return effect(() => {
    const chosen = theme.value;
    if (chosen === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = chosen;
    localStorage.setItem(stored, chosen);
  });
}

function known(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "auto";
}
