import { expect, test } from "vitest";
import { programOf } from "./agent.ts";

test("a User-Agent becomes the program and the system", () => {
  expect(programOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox, Linux");
  expect(programOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0")).toBe("Edge, Windows");
  expect(programOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1")).toBe("Safari, iPhone");
  expect(programOf("natter/1.0")).toBe("natter");
  expect(programOf("")).toBe("");
});

test("one that was cut short names at least the system", () => {
  expect(programOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like G")).toBe("macOS");
});
