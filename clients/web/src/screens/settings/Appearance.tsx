import { theme, type Theme } from "../../model/theme.ts";
import { Choice } from "../../ui/Choice.tsx";
import { chooseLanguage, chosenLanguage, type Language } from "../../words/language.ts";
import { settings } from "../../words/settings.ts";

/** Sets the look and the language of the app on this device. */
export function Appearance() {
  const w = settings();
  return (
    <>
      <Choice<Language | ""> title={w.language} note={w.onThisDevice} value={chosenLanguage.value} onChange={chooseLanguage} choices={[["", w.auto], ["ja", "日本語"], ["en", "English"]]} />
      <Choice<Theme> title={w.theme} note={`${w.themeNote} ${w.onThisDevice}`} value={theme.value} onChange={(v) => (theme.value = v)} choices={[["auto", w.auto], ["light", w.light], ["dark", w.dark]]} />
    </>
  );
}
