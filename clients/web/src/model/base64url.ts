/** Writes bytes as text that may stand in a URL (RFC 4648, section 5, without padding). */
export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
