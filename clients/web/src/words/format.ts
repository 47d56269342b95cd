import { computed } from "@preact/signals";
import { dictionary, language, type Language } from "./language.ts";

/**
 * Returns the language with the region of the person, because each region has its own order of day
 * and month. Without a region, the day comes first.
 */
const region = (l: Language): string => navigator.languages.find((tag) => tag.startsWith(`${l}-`)) ?? (l === "en" ? "en-GB" : l);

const formats = computed(() => {
  const l = region(language.value);
  return {
    time: new Intl.DateTimeFormat(l, { hour: "numeric", minute: "2-digit", hourCycle: "h23" }),
    day: new Intl.DateTimeFormat(l, { weekday: "long", day: "numeric", month: "long" }),
    dayWithYear: new Intl.DateTimeFormat(l, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    weekday: new Intl.DateTimeFormat(l, { weekday: "short" }),
    date: new Intl.DateTimeFormat(l, { day: "numeric", month: "short" }),
    dateWithYear: new Intl.DateTimeFormat(l, { day: "numeric", month: "short", year: "numeric" }),
    full: new Intl.DateTimeFormat(l, { dateStyle: "long", timeStyle: "short", hourCycle: "h23" }),
    month: new Intl.DateTimeFormat(l, { month: "long", year: "numeric" }),
    number: new Intl.NumberFormat(l),
    plural: new Intl.PluralRules(l),
    list: new Intl.ListFormat(l, { style: "long", type: "conjunction" }),
  };
});

const days = dictionary({ today: "Today", yesterday: "Yesterday" }, { today: "今日", yesterday: "昨日" });

/** Returns the time of day, such as 7:16. */
export const timeOf = (at: number): string => formats.value.time.format(at).replace(/^0(?=\d:)/, "");

/** Returns date and time in full, for titles and for screen readers. */
export const fullTime = (at: number): string => formats.value.full.format(at);

/** Returns a number with the separators of the language. */
export const numberOf = (n: number): string => formats.value.number.format(n);

/** Joins names by the rules of the language: "Mio, Tomas and Ines". */
export const listOf = (names: readonly string[]): string => formats.value.list.format(names);

/** Returns the form for one or for many. */
export const plural = (n: number, one: string, many: string): string =>
  formats.value.plural.select(n) === "one" ? one : many;

/** Returns the heading of a day: Today, Yesterday, Monday 23 November. */
export function dayOf(at: number, now = Date.now()): string {
  const back = daysBetween(at, now);
  if (back === 0) return days().today;
  if (back === 1) return days().yesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? formats.value.day : formats.value.dayWithYear).format(at);
}

/** Returns when something was, as short as a list needs it: 7:16, Yesterday, Mon, 3 Nov. */
export function whenOf(at: number, now = Date.now()): string {
  const back = daysBetween(at, now);
  if (back <= 0) return timeOf(at);
  if (back === 1) return days().yesterday;
  if (back < 7) return formats.value.weekday.format(at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? formats.value.date : formats.value.dateWithYear).format(at);
}

/** Returns the month, such as November 2026. */
export const monthOf = (at: number): string => formats.value.month.format(at);

/** Returns a day of the calendar, such as 3 Nov 2026. */
export const dateOf = (at: number): string => formats.value.dateWithYear.format(at);

/** Returns a number of bytes in words: 84 MB. */
export function sizeOf(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const n = bytes / 1000 ** step;
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: units[step]!,
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: n < 10 && step > 0 ? 1 : 0,
  }).format(n);
}

/** Returns a span of time in words: 30 seconds, 5 minutes, 1 hour. */
export function spanOf(seconds: number): string {
  const [unit, n] = seconds % 3600 === 0 ? ["hour", seconds / 3600] : seconds % 60 === 0 ? ["minute", seconds / 60] : ["second", seconds];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "long" }).format(n);
}

/** Returns a length of time as a player shows it: 0:42. */
export function lengthOf(ms: number): string {
  const s = Math.round(ms / 1000);
  const minutes = Math.floor(s / 60);
  const rest = String(s % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Tells whether two times are on the same day here. */
export const sameDay = (a: number, b: number): boolean => daysBetween(a, b) === 0;

function daysBetween(at: number, now: number): number {
  const midnight = (t: number) => {
    const d = new Date(t);
    return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  };
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}
