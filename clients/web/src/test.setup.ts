// What the modules under test expect of a browser.

// As in a browser, the stored values are its own properties.
const storage: Record<string, string> = Object.create({
  getItem(this: Record<string, string>, k: string) { return Object.hasOwn(this, k) ? this[k]! : null; },
  setItem(this: Record<string, string>, k: string, v: string) { this[k] = v; },
  removeItem(this: Record<string, string>, k: string) { delete this[k]; },
  clear(this: Record<string, string>) { for (const k of Object.keys(this)) delete this[k]; },
});
Object.defineProperty(globalThis, "localStorage", { value: storage });
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"], language: "en" }, configurable: true, writable: true });
Object.defineProperty(globalThis, "location", { value: { pathname: "/", hash: "", origin: "http://localhost" }, configurable: true });
