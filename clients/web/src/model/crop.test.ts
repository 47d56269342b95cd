import { describe, expect, test } from "vitest";
import { middle, mostZoom, moved, zoomed } from "./crop.ts";

describe("the square that is cut out", () => {
  test("begins as the largest one in the middle", () => {
    expect(middle(400, 300)).toEqual({ x: 50, y: 0, side: 300 });
    expect(middle(300, 400)).toEqual({ x: 0, y: 50, side: 300 });
  });

  test("keeps its middle when one goes into the picture", () => {
    expect(zoomed(middle(400, 300), 2, 400, 300)).toEqual({ x: 125, y: 75, side: 150 });
    expect(zoomed(middle(400, 300), 1000, 400, 300).side).toBe(300 / mostZoom);
  });

  test("never leaves the picture", () => {
    const corner = moved(zoomed(middle(400, 300), 2, 400, 300), 1000, 1000, 400, 300);
    expect(corner).toEqual({ x: 250, y: 150, side: 150 });
    expect(zoomed(corner, 1, 400, 300)).toEqual({ x: 100, y: 0, side: 300 });
    expect(moved(middle(400, 300), -1000, 5, 400, 300)).toEqual({ x: 0, y: 0, side: 300 });
  });
});
