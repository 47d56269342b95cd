// Reports what failed and why, one test a line, and how many did not. It is a reporter of node's
// test runner.

import path from "node:path";

export default async function* verdicts(events) {
  let passed = 0;
  const failed = [];
  for await (const { type, data } of events) {
    const suite = data?.details?.type === "suite";
    if (type === "test:pass" && !suite && !data.skip && !data.todo) passed++;
    if (type === "test:fail" && !bySubtests(data)) failed.push(`FAILED ${fileOf(data)}: ${data.name}: ${why(data)}`);
  }
  yield [...failed, `${passed} passed, ${failed.length} failed`].join("\n") + "\n";
}

/** Returns why a test failed, in one line. */
const why = ({ details: { error } }) => String(error?.cause?.message ?? error?.message ?? "").replace(/\s+/g, " ").slice(0, 300);

/** Tells whether a test failed only because one within it did. */
const bySubtests = (data) => data.details.error?.failureType === "subtestsFailed";

/**
 * Returns the file of a test. A file that ended by itself is a failed test too, and has the name of
 * the file.
 */
const fileOf = (data) => path.relative(process.cwd(), path.resolve(data.file ?? data.name));
