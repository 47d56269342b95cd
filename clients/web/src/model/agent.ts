// What a User-Agent says in words that people know. It is only a hint, because programs say what
// they like.

const programs: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/HeadlessChrome\/|Chrome\/|CriOS\//, "Chrome"], [/Version\/.*Safari\//, "Safari"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"],
];

/** Returns the program and the system of a client: "Firefox, Windows"; "" if it says nothing. */
export function programOf(agent = ""): string {
  const named = (from: typeof programs) => from.find(([pattern]) => pattern.test(agent))?.[1];
  const known = [named(programs), named(systems)].filter(Boolean).join(", ");
  return known || agent.split(/[ /]/, 1)[0]!;
}
