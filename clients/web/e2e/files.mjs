// Files to send. They are made here, so that each test knows what is in them.

import { crc32, deflateSync } from "node:zlib";

/**
 * Makes a PNG of a colour that runs from one corner to the other, with noise that does not
 * compress.
 */
export function png(name, width, height, { noise = 0, hue = 0 } = {}) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  let random = 12345 + hue;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      random = (random * 1103515245 + 12345) & 0x7fffffff;
      const n = noise ? (random >> 16) % noise : 0;
      const at = y * (1 + 3 * width) + 1 + 3 * x;
      rows[at] = (255 * x) / width + n, rows[at + 1] = (255 * y) / height + n, rows[at + 2] = hue + n;
    }
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const size = Buffer.alloc(4), sum = Buffer.alloc(4);
    size.writeUInt32BE(data.length), sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0), header.writeUInt32BE(height, 4), header.set([8, 2, 0, 0, 0], 8);
  const buffer = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
  return { name, mimeType: "image/png", buffer };
}

/** Makes a GIF that changes between two colours. */
export function gif(name, side = 64) {
  const bits = [];
  const code = (n) => { for (let i = 0; i < 3; i++) bits.push((n >> i) & 1); };
  const frame = (colour) => {
    bits.length = 0;
    for (let i = 0; i < side * side; i++) { if (i % 2 === 0) code(4); code(colour); } // the table is cleared so often that a code has three bits
    code(5);
    const data = Buffer.alloc(Math.ceil(bits.length / 8));
    bits.forEach((b, i) => { data[i >> 3] |= b << (i & 7); });
    const blocks = [];
    for (let i = 0; i < data.length; i += 255) blocks.push(Buffer.from([Math.min(255, data.length - i)]), data.subarray(i, i + 255));
    return Buffer.concat([Buffer.from([0x21, 0xf9, 4, 0, 20, 0, 0, 0, 0x2c, 0, 0, 0, 0, side, 0, side, 0, 0, 2]), ...blocks, Buffer.from([0])]);
  };
  const screen = Buffer.from([side, 0, side, 0, 0x81, 0, 0, 200, 40, 40, 40, 40, 200, 0, 0, 0, 255, 255, 255]);
  const loop = Buffer.from("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00", "latin1");
  return { name, mimeType: "image/gif", buffer: Buffer.concat([Buffer.from("GIF89a"), screen, loop, frame(0), frame(1), Buffer.from([0x3b])]) };
}

/** Makes a second of a tone. */
export function wav(name, seconds = 1) {
  const rate = 8000, n = rate * seconds, buffer = Buffer.alloc(44 + 2 * n);
  buffer.write("RIFF", 0), buffer.writeUInt32LE(36 + 2 * n, 4), buffer.write("WAVEfmt ", 8), buffer.writeUInt32LE(16, 16);
  buffer.writeUInt16LE(1, 20), buffer.writeUInt16LE(1, 22), buffer.writeUInt32LE(rate, 24), buffer.writeUInt32LE(2 * rate, 28);
  buffer.writeUInt16LE(2, 32), buffer.writeUInt16LE(16, 34), buffer.write("data", 36), buffer.writeUInt32LE(2 * n, 40);
  for (let i = 0; i < n; i++) buffer.writeInt16LE(8000 * Math.sin((2 * Math.PI * 440 * i) / rate), 44 + 2 * i);
  return { name, mimeType: "audio/wav", buffer };
}

/** Makes a document, which no browser shows. */
export const text = (name, size = 2000) => ({ name, mimeType: "text/plain", buffer: Buffer.from("observations\n".repeat(Math.ceil(size / 13)).slice(0, size)) });

/** Makes a JPEG as a phone takes it: it lies on its side, with a note that it has to be turned. */
export async function turnedJPEG(page, name, width, height) {
  const data = await page.evaluate(async ([w, h]) => {
    const canvas = new OffscreenCanvas(w, h), c = canvas.getContext("2d");
    for (let i = 0; i < 4000; i++) { // detail, so that a smaller picture has fewer bytes
      c.fillStyle = `hsl(${(i * 47) % 360} 60% ${30 + (i * 13) % 50}%)`;
      c.fillRect((i * 7919) % w, (i * 104729) % h, w / 40, h / 40);
    }
    c.fillStyle = "#f00"; // after a turn clockwise the left edge is at the top
    c.fillRect(0, 0, w / 10, h);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.98 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let s = "";
    for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(s);
  }, [width, height]);
  const jpeg = Buffer.from(data, "base64");
  const exif = Buffer.from("457869660000" + "4d4d002a00000008" + "0001" + "0112" + "0003" + "00000001" + "00060000" + "00000000", "hex");
  const size = Buffer.alloc(2);
  size.writeUInt16BE(exif.length + 2);
  return { name, mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, exif, jpeg.subarray(2)]) };
}

/** Makes a second or two of moving colour. */
export async function webm(page, name) {
  const data = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 320, canvas.height = 180;
    const c = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const parts = [];
    recorder.ondataavailable = (e) => parts.push(e.data);
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    for (let i = 0; i < 30; i++) {
      c.fillStyle = `hsl(${i * 12} 70% 50%)`;
      c.fillRect(0, 0, 320, 180);
      await new Promise((next) => setTimeout(next, 40));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let s = "";
    for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(s);
  });
  return { name, mimeType: "video/webm", buffer: Buffer.from(data, "base64") };
}
