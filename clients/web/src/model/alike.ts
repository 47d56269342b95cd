// Which letters of other scripts look like Latin ones, in most fonts.
const lookalikes: Record<string, string> = {
  а: "a", в: "b", с: "c", ԁ: "d", е: "e", һ: "h", і: "i", ј: "j", к: "k", ӏ: "l", м: "m", н: "h", о: "o", р: "p", ԛ: "q", ѕ: "s", т: "t", у: "y", ѵ: "v", ԝ: "w", х: "x",
  Ζ: "z", Η: "h", Μ: "m", Ν: "n", Υ: "y", ß: "ss", // their other case looks like another letter
  α: "a", β: "b", ε: "e", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", ı: "i", ɑ: "a", ɡ: "g",
};

/**
 * Returns a text that is the same for names that look alike. It is rough, because it only decides
 * whether a name is shown together with the id of its user. The server knows which member of a
 * group imitates another. Names that look alike to the server look alike here too.
 */
export const lookOf = (name: string): string =>
  [...name.normalize("NFKD").replace(/(?![\u3099\u309a])\p{M}|[\p{Cf}\p{DI}\s]/gu, "")] // kana keep their voicing marks
    .map((c) => lookalikes[c] ?? lookalikes[c.toLowerCase()] ?? c.toLowerCase()).join("")
    .replaceAll("0", "o").replaceAll(/[i1|]/g, "l").replaceAll("rn", "m"); // a capital I is an l
