import { describe, expect, test } from "vitest";
import { byRole, manages, mayRemove, rolesToGive } from "./rights.ts";

describe("rights", () => {
  test("only admins and the owner manage a group", () => {
    expect(["owner", "admin", "member", "reader", undefined].map((r) => manages(r))).toEqual([true, true, false, false, false]);
  });

  test("the owner comes first, and readers last", () => {
    const roles: Record<string, string> = { bob: "reader", cem: "owner", eve: "admin" };
    expect(byRole(["ann", "bob", "cem", "dan", "eve"], (u) => roles[u] ?? "member")).toEqual(["cem", "eve", "ann", "dan", "bob"]);
  });

  test("nobody removes a member who is not below them", () => {
    expect(mayRemove("owner", "admin")).toBe(true);
    expect(mayRemove("admin", "member")).toBe(true);
    expect(mayRemove("admin", "admin")).toBe(false);
    expect(mayRemove("admin", "owner")).toBe(false);
    expect(mayRemove("member", "reader")).toBe(false);
  });

  test("an admin gives only roles below their own", () => {
    expect(rolesToGive("owner", "member")).toEqual(["admin", "member", "reader"]);
    expect(rolesToGive("admin", "reader")).toEqual(["member", "reader"]);
    expect(rolesToGive("admin", "admin")).toEqual([]);
    expect(rolesToGive(undefined, "member")).toEqual([]);
  });
});
