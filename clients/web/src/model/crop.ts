// Which square of a picture is shown, in the picture's own pixels.

/** A square within a picture. */
export interface Square {
  x: number;
  y: number;
  side: number;
}

/** How far a person can zoom into a picture. */
export const mostZoom = 6;

/** Returns the largest square in the middle of a picture. */
export function middle(width: number, height: number): Square {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, side };
}

/** Returns the square at another zoom, from 1 for the largest one, around the same middle. */
export function zoomed(s: Square, zoom: number, width: number, height: number): Square {
  const side = Math.min(width, height) / Math.min(mostZoom, Math.max(1, zoom));
  return within({ x: s.x + (s.side - side) / 2, y: s.y + (s.side - side) / 2, side }, width, height);
}

/** Returns the square moved, as far as the picture goes. */
export function moved(s: Square, dx: number, dy: number, width: number, height: number): Square {
  return within({ ...s, x: s.x + dx, y: s.y + dy }, width, height);
}

function within({ x, y, side }: Square, width: number, height: number): Square {
  return { x: Math.min(width - side, Math.max(0, x)), y: Math.min(height - side, Math.max(0, y)), side };
}

const size = 512; // pixels of what is uploaded; the server keeps 256

/** Cuts a square out of a picture. */
export async function cut(picture: ImageBitmap, s: Square): Promise<File> {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, s.x, s.y, s.side, s.side, 0, 0, size, size);
  let blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
  if (blob.type !== "image/webp") blob = await canvas.convertToBlob({ type: "image/png" }); // some browsers cannot write WebP
  return new File([blob], blob.type === "image/webp" ? "picture.webp" : "picture.png", { type: blob.type });
}
