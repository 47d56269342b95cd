/** Returns bytes as hexadecimal digits in lower case. */
export function digits(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
