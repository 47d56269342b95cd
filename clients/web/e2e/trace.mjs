// What the main thread of a page did, in CPU time. The time that other programs take meanwhile does
// not count.

/**
 * Traces a browser while something happens. It returns the tasks on the main threads of its pages.
 */
async function traced(browser, categories, happens) {
  await browser.startTracing(undefined, { categories });
  let events;
  try {
    await happens();
  } finally {
    events = JSON.parse((await browser.stopTracing()).toString()).traceEvents;
  }
  const thread = (e) => `${e.pid} ${e.tid}`;
  const mains = new Set(events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map(thread));
  const all = events.filter((e) => e.ph === "X" && e.tdur && mains.has(thread(e)));
  return { all, events, tasks: all.filter((e) => e.name.endsWith("RunTask")) };
}

/**
 * Returns for how many elements styles were computed while something happened. The number is the
 * same however busy the machine is.
 */
export async function styled(browser, happens) {
  const { events } = await traced(browser, ["devtools.timeline", "blink"], happens);
  return events.reduce((sum, e) => sum + (e.args?.elementCount ?? 0), 0);
}

/**
 * Returns how long the tasks of a browser's pages took while something happened, in ms of CPU, the
 * longest first.
 */
export async function tasks(browser, happens) {
  const { tasks: found } = await traced(browser, ["toplevel"], happens);
  return found.map((e) => e.tdur / 1000).sort((a, b) => b - a);
}

/**
 * Returns the CPU, in ms, from each event of a type until a frame is drawn. It counts the tasks
 * from the one that handles the event to the one that hands the frame over.
 */
export async function untilDrawn(browser, type, happens) {
  const { all, tasks: found } = await traced(browser, ["toplevel", "devtools.timeline"], happens);
  const handled = all.filter((e) => e.name === "EventDispatch" && e.args.data.type === type);
  return handled.map((e) => {
    const end = (t) => t.ts + t.dur;
    const drawn = Math.min(...all.filter((f) => f.pid === e.pid && f.name === "Layerize" && f.ts > end(e)).map(end));
    const between = found.filter((t) => t.pid === e.pid && end(t) >= end(e) && t.ts < drawn);
    return between.reduce((sum, t) => sum + t.tdur, 0) / 1000;
  });
}
