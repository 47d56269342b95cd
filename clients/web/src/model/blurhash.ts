const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

/**
 * Decodes a BlurHash, the sum of a few cosine waves that stands for a picture, to pixels. It
 * returns undefined if the text is no BlurHash.
 */
export function decodeBlurhash(hash: string, width: number, height: number): Uint8ClampedArray<ArrayBuffer> | undefined {
  const size = number(hash, 0, 1);
  const across = (size % 9) + 1;
  const down = Math.floor(size / 9) + 1;
  if (size < 0 || hash.length !== 4 + 2 * across * down) return undefined;
  const colours = coloursOf(hash, across * down);
  if (!colours) return undefined;
  const wavesX = waves(width, across);
  const wavesY = waves(height, down);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      for (let j = 0; j < down; j++) {
        for (let i = 0; i < across; i++) {
          const part = wavesX[x * across + i]! * wavesY[y * down + j]!;
          for (let c = 0; c < 3; c++) sum[c]! += colours[j * across + i]![c]! * part;
        }
      }
      pixels.set([...sum.map(toSRGB), 255], 4 * (y * width + x));
    }
  }
  return pixels;
}

/** Returns the colour of each wave, in linear light; the first is the average of the picture. */
function coloursOf(hash: string, count: number): number[][] | undefined {
  const most = (number(hash, 1, 2) + 1) / 166;
  const average = number(hash, 2, 6);
  const colours = [[average >> 16, (average >> 8) & 255, average & 255].map(toLinear)];
  for (let i = 1; i < count; i++) {
    const value = number(hash, 4 + 2 * i, 6 + 2 * i);
    if (value < 0) return undefined;
    colours.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((v) => ((v - 9) / 9) * Math.abs((v - 9) / 9) * most));
  }
  return average < 0 ? undefined : colours;
}

function waves(size: number, count: number): Float32Array {
  return Float32Array.from({ length: size * count }, (_, n) => Math.cos((Math.PI * Math.floor(n / count) * (n % count)) / size));
}

/** Reads a number to the base 83. It returns -1 if the text is no number. */
function number(text: string, from: number, to: number): number {
  let n = 0;
  for (const c of text.slice(from, to)) {
    const digit = digits.indexOf(c);
    if (digit < 0) return -1;
    n = n * 83 + digit;
  }
  return to <= text.length ? n : -1;
}

const toLinear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const toSRGB = (v: number): number => 255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);
