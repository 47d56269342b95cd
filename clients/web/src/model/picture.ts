// Makes pictures smaller before they are sent. The browser decodes, turns and scales them, mostly
// outside the page's own thread.

/** In which form pictures are sent. */
export type Form = "smaller" | "original";

const longest = 2048; // pixels, of a smaller picture
const worth = 0.9; // a smaller picture has at most this part of the bytes

/** Tells whether a file is a picture of which a smaller one can be made. */
export const canShrink = (file: File): boolean => isHEIC(file) || /^image\/(jpeg|png|webp|avif|bmp|tiff)$/.test(file.type);

/**
 * Tells whether a file is HEIC. The phones of one maker take such pictures, and few browsers show
 * them. Some systems do not know the type.
 */
const isHEIC = (file: File): boolean => /^image\/hei[cf]/.test(file.type) || (!file.type && /\.hei[cf]$/i.test(file.name));

/**
 * Returns a picture in the form in which it is sent. A file that cannot be decoded, an animation,
 * and a picture that would not become smaller stay as they are. HEIC becomes WebP in any form where
 * the browser can decode it.
 */
export async function prepare(file: File, form: Form): Promise<File> {
  if (!canShrink(file) || (form === "original" && !isHEIC(file)) || (await moves(file))) return file;
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const scale = form === "original" ? 1 : Math.min(1, longest / Math.max(picture.width, picture.height));
  const blob = await encode(await scaled(picture, scale), form === "original" ? 0.92 : 0.82);
  if (!blob || (!isHEIC(file) && blob.size > file.size * worth)) return file;
  return new File([blob], named(file.name, blob.type), { type: blob.type, lastModified: file.lastModified });
}

async function scaled(picture: ImageBitmap, scale: number): Promise<ImageBitmap> {
  if (scale === 1) return picture;
  const smaller = await createImageBitmap(picture, {
    resizeWidth: Math.max(1, Math.round(picture.width * scale)),
    resizeHeight: Math.max(1, Math.round(picture.height * scale)),
    resizeQuality: "high",
  });
  picture.close();
  return smaller;
}

/**
 * Encodes a picture as WebP. A browser that cannot write WebP gives PNG instead, which is no
 * smaller. In such a browser the picture becomes a JPEG.
 */
async function encode(picture: ImageBitmap, quality: number): Promise<Blob | undefined> {
  try {
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext("2d")!.drawImage(picture, 0, 0); // a transfer would ignore its rotation
    const webp = await canvas.convertToBlob({ type: "image/webp", quality });
    return webp.type === "image/webp" ? webp : await canvas.convertToBlob({ type: "image/jpeg", quality });
  } catch {
    return undefined; // the picture is too large for a canvas
  } finally {
    picture.close();
  }
}

const named = (name: string, type: string): string => `${name.replace(/\.[^.]*$/, "")}.${type === "image/webp" ? "webp" : "jpg"}`;

/** Tells whether a PNG, a WebP or an AVIF is an animation, by its first bytes. */
async function moves(file: File): Promise<boolean> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 4096).arrayBuffer()));
  if (head.startsWith("\x89PNG")) return head.includes("acTL");
  if (head.startsWith("VP8X", 12)) return (head.charCodeAt(20) & 2) !== 0;
  return head.startsWith("ftypavis", 4);
}
