import { useLayoutEffect, useRef } from "preact/hooks";
import { decodeBlurhash } from "../model/blurhash.ts";

const side = 24; // pixels; the browser smooths what it enlarges

/** Shows a blur that stands for a picture until the picture has come. */
export function Blur({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const pixels = decodeBlurhash(hash, side, side);
    if (pixels) canvas.current!.getContext("2d")!.putImageData(new ImageData(pixels, side, side), 0, 0);
  }, [hash]);
  return <canvas ref={canvas} class="blur" width={side} height={side} aria-hidden="true" />;
}
