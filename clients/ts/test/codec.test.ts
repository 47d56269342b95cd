import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteLength, decode, encode, split } from "../src/codec.js";
import { ProtocolError } from "../src/errors.js";
import { operations } from "../src/wire.gen.js";
import type * as wire from "../src/wire.gen.js";

const directory = path.resolve(import.meta.dirname, "../../../server/wire/testdata");

/** Reads golden frames, each with its exact bytes: a file has one a line. */
function golden(file: string): [name: string, frame: string][] {
  const lines = readFileSync(path.join(directory, file), "utf8").split("\n");
  return lines.slice(1, -2).map((line) => {
    const [, name, frame] = /^ {2}"(\w+)": (.*?),?$/s.exec(line)!;
    return [name!, frame!];
  });
}

const commands = [...golden("commands.json"), ...golden("odd_commands.json")];
const frames = [...golden("frames.json"), ...golden("odd_frames.json")];

describe("golden frames", () => {
  test.each(commands)("command %s is written as the server reads it", (_, frame) => {
    expect(encode(JSON.parse(frame) as wire.Command)).toBe(frame);
    expect(byteLength(frame)).toBe(Buffer.byteLength(frame));
  });

  test.each(frames)("frame %s is read as the server writes it", (_, frame) => {
    expect(JSON.stringify(decode(frame))).toBe(frame);
  });

  test("there is one of each command, and of each reply", () => {
    const types = new Set([...commands, ...frames].map(([, frame]) => (JSON.parse(frame) as { type: string }).type));
    const known = Object.entries(operations).flatMap(([name, { reply }]) => (reply ? [name, reply] : [name]));
    expect(known.filter((name) => !types.has(name))).toEqual([]);
    expect(["event", "typing", "ping", "error"].filter((name) => !types.has(name))).toEqual([]);
  });
});

test("what is no frame is an error", () => {
  for (const line of ["", "{", "null", "[]", "7", "{}", '{"type":7}', '{"type":null}']) {
    expect(() => decode(line), line).toThrow(ProtocolError);
  }
});

test("a number that a double cannot hold is an error", () => {
  const event = (pos: string) => `{"type":"event","kind":"message","shard":0,"pos":${pos},"channel":"a~b"}`;
  expect(decode(event("9007199254740991"))).toMatchObject({ pos: 9007199254740991 });
  for (const pos of ["9007199254740992", "9007199254740993", "-1", "1.5", '"1"', "null"]) {
    expect(() => decode(event(pos)), pos).toThrow(ProtocolError);
  }
  expect(() => decode('{"type":"welcome","v":1,"user":"a","epoch":"e","positions":[1e99],"limits":{}}')).toThrow(ProtocolError);
});

test("a frame from the future is kept", () => {
  expect(decode('{"type":"dance","steps":3}')).toEqual({ type: "dance", steps: 3 });
  expect(decode('{"type":"constructor"}')).toEqual({ type: "constructor" });
  expect(decode('{"type":"ping","why":"because"}')).toEqual({ type: "ping", why: "because" });
});

test("frames of a message are its lines", () => {
  fc.assert(
    fc.property(fc.array(fc.json()), fc.constantFrom("\n", "\n\n", "\r\n", " \n"), (values, separator) => {
      expect([...split(values.join(separator))]).toEqual(values);
    }),
  );
});

test("a length is one of bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(byteLength(text)).toBe(Buffer.byteLength(text));
    }),
  );
  expect(byteLength("\ud800x")).toBe(Buffer.byteLength("\ud800x"));
});

test("decoding never fails but for what is no frame", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (line) => {
      try {
        expect(decode(line)).toHaveProperty("type");
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});
