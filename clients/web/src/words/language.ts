import { computed, effect, signal } from "@preact/signals";

/** The languages of the interface. */
export type Language = "en" | "ja";

const stored = "natterjack.language";

/** What the person has chosen; "" follows the browser. */
export const chosenLanguage = signal<Language | "">(known(localStorage.getItem(stored)));

/** The language of the interface. */
export const language = computed<Language>(() => chosenLanguage.value || browserLanguage());

/** Chooses a language and remembers it on this device. "" follows the browser again. */
export function chooseLanguage(choice: Language | ""): void {
  chosenLanguage.value = choice;
  if (choice) localStorage.setItem(stored, choice);
  else localStorage.removeItem(stored);
}

/**
 * Makes the words of one topic. Both languages stand beside each other in one file, and the
 * compiler compares them: a word that one of them lacks is an error.
 */
export function dictionary<T>(en: T, ja: NoInfer<T>): () => T {
  return () => (language.value === "ja" ? ja : en);
}

/** Keeps the document's language up to date, because it decides on fonts and line breaks. */
export function followLanguage(): () => void {
  return effect(() => {
    document.documentElement.lang = language.value;
  });
}

const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/** Returns "ja" for a text that has kana or Han, for its lang attribute. */
export function langOf(text: string): "ja" | undefined {
  return japanese.test(text) ? "ja" : undefined;
}

function browserLanguage(): Language {
  for (const tag of navigator.languages) {
    const found = known(tag.slice(0, 2));
    if (found) return found;
  }
  return "en";
}

function known(tag: string | null): Language | "" {
  return tag === "en" || tag === "ja" ? tag : "";
}
