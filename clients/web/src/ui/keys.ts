/**
 * Tells whether a key belongs to an input method, such as the Enter that accepts a conversion.
 * Chromium says isComposing; Safari ends the composition first, and then sends the key as 229.
 */
export function composing(e: KeyboardEvent): boolean {
  return e.isComposing || e.keyCode === 229;
}
