import { expect, test } from "vitest";
import { decodeBlurhash } from "./blurhash.ts";

test("decodes the average colour of a picture of one wave", () => {
  expect([...decodeBlurhash("00TSUA", 2, 1)!]).toEqual([255, 255, 255, 255, 255, 255, 255, 255]);
});

test("decodes waves as the decoder in Go does", () => {
  const want = [
    [135, 164, 177], [161, 173, 177], [181, 180, 171], [160, 172, 174], [124, 154, 169], [148, 148, 154],
    [164, 145, 134], [146, 152, 155], [124, 144, 154], [144, 134, 132], [163, 130, 104], [148, 140, 134],
  ];
  const pixels = decodeBlurhash("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 4, 3)!;
  want.forEach((colour, i) => {
    expect(pixels[4 * i + 3]).toBe(255);
    colour.forEach((c, n) => expect(Math.abs(pixels[4 * i + n]! - c)).toBeLessThanOrEqual(1));
  });
});

test("decodes nothing of what is none", () => {
  for (const wrong of ["", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMdn ", "Lé", "00 I:j"]) {
    expect(decodeBlurhash(wrong, 4, 4)).toBeUndefined();
  }
});
