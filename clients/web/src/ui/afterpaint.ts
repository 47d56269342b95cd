const unseen = 200; // milliseconds without a frame, after which the page counts as hidden

/**
 * Does something after the next frame is on screen. So the answer to a press or a key is drawn
 * first, and slower work does not hold it back. The function that it returns cancels it.
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
