/**
 * Yields the lines of a body, without their ends, as they come. A last line without an end counts.
 */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pieces: string[] = []; // of a line whose end has not come; they are joined only once
  try {
    for (;;) {
      const { done, value } = await reader.read();
      let text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        pieces.push(text.slice(0, end));
        text = text.slice(end + 1);
        yield withoutReturn(pieces.join(""));
        pieces = [];
      }
      pieces.push(text);
      if (done) break;
    }
    const last = withoutReturn(pieces.join(""));
    if (last !== "") yield last;
  } finally {
    await reader.cancel().catch(() => {}); // a body that is broken needs no end
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
