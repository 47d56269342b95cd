const unseen = 200; // milliseconds without a frame, after which the page counts as one that nobody sees

/**
 * Does something after the next frame is on screen. What answers a press or a key is drawn first, and
 * what takes longer does not hold it back. It returns the way to leave it undone.
 */
export function afterPaint(act: () => void): () => void {
  let timer = setTimeout(done, unseen);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    timer = setTimeout(done);
  });
  function done(): void {
    cancelAnimationFrame(frame);
    act();
  }
  return () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
}
