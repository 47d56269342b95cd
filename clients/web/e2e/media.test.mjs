// Files as users send and see them: pictures, videos, sounds, documents, voice messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gif, png, text, turnedJPEG, wav, webm } from "./files.mjs";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, bob, album;

before(async () => {
  server = await Server.start();
  browser = await launch("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required");
  alice = await Person.arrive(browser, server, "alice");
  bob = await Person.arrive(browser, server, "bob");
  await alice.talkTo("bob");
  await alice.say("here come files");
  await bob.go("alice");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const last = (p) => p.page.locator(".log .msg").last();
const seen = (p, n) => until(`${p.name} sees ${n} pictures in the last message`, async () => {
  const all = await last(p).locator("img").evaluateAll((imgs) => imgs.filter((i) => i.complete && i.naturalWidth > 0).length);
  return all === n;
});
const sent = (p) => last(p).locator(".mark.is-stored, .mark.is-delivered, .mark.is-read").waitFor();
const seq = async (p) => Number(await last(p).getAttribute("data-seq"));

/** Sends what alice has in the composer, and waits until bob has it on the screen. */
async function send(messages = 1) {
  const before = await seq(bob);
  await alice.area.press("Enter");
  await until("bob has the message", async () => (await seq(bob)) === before + messages);
}
const trayed = (p, n) => until(`${n} files are in the tray`, async () => (await p.page.locator(".tray > li").count()) === n);

test("a picture is picked, sent with a text, and seen by the other", async () => {
  await alice.attach(png("marsh.png", 900, 600, { hue: 90 }));
  await trayed(alice, 1);
  await alice.area.fill("the marsh at dawn");
  await alice.shot("tray");
  await send();
  await trayed(alice, 0);
  await sent(alice);
  await seen(bob, 1);
  assert.match(await last(bob).innerText(), /the marsh at dawn/);
  await bob.shot("picture");
});

test("2, 3, 4 and more pictures are an album", async () => {
  for (const n of [2, 3, 4, 8]) {
    await alice.attach(...Array.from({ length: n }, (_, i) => png(`p${n}-${i}.png`, 300 + 10 * i, 200, { hue: 25 * i })));
    await trayed(alice, n);
    await send();
    await seen(bob, Math.min(6, n));
    assert.equal(await last(bob).locator(".album > .photo").count(), Math.min(6, n));
  }
  assert.match(await last(bob).locator(".album .more").innerText(), /\+2/);
  await bob.shot("albums");
});

const newest = async () => (await server.as("bob", { type: "history", channel: "alice~bob", limit: 10 }))[0].events;

test("files are pasted, and dropped anywhere on the conversation", async () => {
  await alice.bring("paste", png("pasted.png", 120, 90));
  await trayed(alice, 1);
  await alice.bring(["dragenter", "dragover"], png("dropped.png", 90, 120), text("notes.txt"));
  await alice.page.locator(".talk.over").waitFor();
  await alice.area.and(alice.page.getByPlaceholder("Drop 2 files to attach them")).waitFor();
  await alice.shot("drop");
  await alice.bring(["drop"], png("dropped.png", 90, 120), text("notes.txt"));
  await trayed(alice, 3);
  assert.equal(await alice.page.locator(".talk.over").count(), 0);
  await send();
  await seen(bob, 2);
  await last(bob).locator(".card", { hasText: "notes.txt" }).waitFor();
});

test("each file has a caption, and its place can be changed", async () => {
  await alice.attach(png("one.png", 200, 200), png("two.png", 200, 200, { hue: 99 }), png("three.png", 200, 200, { hue: 200 }));
  await trayed(alice, 3);
  await alice.page.getByRole("button", { name: "Caption and order: three.png" }).click();
  await alice.page.getByRole("textbox", { name: "Caption for three.png" }).fill("the third one");
  await alice.page.getByRole("button", { name: "Move earlier" }).click();
  await alice.shot("caption");
  await alice.page.getByRole("button", { name: "Done" }).click();
  await alice.page.getByRole("button", { name: "Caption and order: one.png" }).press("Alt+ArrowRight");
  await alice.page.getByRole("button", { name: "Remove two.png" }).click();
  await trayed(alice, 2);
  await send();
  await seen(bob, 2);
  const { content } = (await newest()).at(-1);
  assert.deepEqual(content.attachments.map((a) => [a.name.replace(/\..*/, ""), a.caption]), [["three", "the third one"], ["one", undefined]]);
  assert.match(await last(bob).innerText(), /the third one/);
});

test("a file can be dragged to another place", async () => {
  await alice.attach(text("first.txt"), text("second.txt"), text("third.txt"));
  await trayed(alice, 3);
  await alice.page.locator(".tray > li", { hasText: "third" }).dragTo(alice.page.locator(".tray > li", { hasText: "first" }));
  await until("the third is the first", async () => /^third/.test(await alice.page.locator(".tray > li").first().innerText()));
  for (let i = 3; i > 0; i--) {
    await alice.page.locator(".tray .drop").first().click();
    await trayed(alice, i - 1);
  }
});

test("a photo is turned and made smaller; original is remembered", async () => {
  const photo = await turnedJPEG(alice.page, "phone.jpg", 3000, 2000);
  await alice.attach(photo);
  await alice.page.locator(".form label", { hasText: /Smaller, .*[kM]B/ }).waitFor();
  await alice.shot("smaller");
  await send();
  await seen(bob, 1);
  const [smaller] = (await newest()).at(-1).content.attachments;
  assert.deepEqual([smaller.width, smaller.height, smaller.type], [1365, 2048, "image/webp"]);
  assert.ok(smaller.size < photo.buffer.length * 0.9, `${smaller.size} of ${photo.buffer.length} bytes`);
  await turnedUpright(last(bob).locator("img"));

  await alice.attach(photo);
  await alice.page.locator(".form label", { hasText: "Original" }).click();
  await send();
  await seen(bob, 1);
  const [original] = (await newest()).at(-1).content.attachments;
  assert.deepEqual([original.width, original.height, original.type], [2000, 3000, "image/jpeg"]);
  await turnedUpright(last(bob).locator("img"));

  await alice.attach(png("later.png", 100, 100));
  assert.equal(await alice.page.locator(".form label", { hasText: "Original" }).locator("input").isChecked(), true);
  await alice.page.locator(".form label", { hasText: "Smaller" }).click();
  await alice.page.getByRole("button", { name: "Remove later.png" }).click();
});

/**
 * Checks that the edge that was left is now at the top: the top edge is red, and the left edge is
 * not.
 */
async function turnedUpright(img) {
  const shot = (await img.screenshot()).toString("base64");
  const red = await bob.page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
    const c = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    c.drawImage(bitmap, 0, 0);
    const at = (x, y) => [...c.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data.slice(0, 3)];
    return [at(0.2, 0.04), at(0.8, 0.04), at(0.04, 0.5)].map(([r, g, b]) => r > 200 && g < 60 && b < 60);
  }, shot);
  assert.deepEqual(red, [true, true, false]);
}

test("HEIC becomes WebP where the browser can decode it, and is sent as it is where it cannot", async () => {
  const heic = { name: "IMG_1.heic", mimeType: "image/heic", buffer: Buffer.concat([Buffer.from("00000018667479706865696300000000", "hex"), Buffer.from("mif1heic"), Buffer.alloc(3000, 7)]) };
  await alice.page.evaluate(() => { // as Safari does
    const decode = createImageBitmap;
    window.createImageBitmap = async (source, ...more) => {
      if (source.type !== "image/heic") return decode(source, ...more);
      const canvas = new OffscreenCanvas(640, 480);
      canvas.getContext("2d").fillRect(0, 0, 640, 480);
      return canvas.transferToImageBitmap();
    };
    window.undo = () => (window.createImageBitmap = decode);
  });
  await alice.attach(heic);
  await send();
  await seen(bob, 1);
  const [a] = (await newest()).at(-1).content.attachments;
  assert.deepEqual([a.name, a.type, a.width, a.height], ["IMG_1.webp", "image/webp", 640, 480]);
  await alice.page.evaluate(() => window.undo());
  await alice.attach({ ...heic, name: "IMG_2.heic" });
  await alice.area.press("Enter");
  await bob.message("IMG_2.heic").waitFor();
});

test("more than ten files become several messages", async () => {
  await alice.attach(...Array.from({ length: 13 }, (_, i) => text(`many-${i}.txt`, 100 + i)));
  await trayed(alice, 13);
  await alice.page.getByText("These files will be sent as 2 messages.").waitFor();
  await alice.area.fill("thirteen");
  await alice.page.locator(".composer .send:enabled").waitFor(); // all files are uploaded, so that the messages keep their order
  await alice.area.press("Enter");
  await bob.message("many-12.txt").waitFor();
  const [first, second] = (await newest()).slice(-2);
  assert.deepEqual([first.content.text, first.content.attachments.length, second.content.text, second.content.attachments.length], ["thirteen", 10, "", 3]);
});

/** Holds back what alice uploads. The function that it returns lets them go. */
async function holdUploads() {
  let release;
  const held = new Promise((go) => (release = go));
  await alice.page.route(/\/up\//, async (route) => { await held; await route.continue().catch(() => {}); });
  return async () => { release(); await alice.page.unroute(/\/up\//); };
}

test("a message leaves when its files are stored; until then it shows how far they are, and can be cancelled", async () => {
  const release = await holdUploads();
  await alice.attach(png("slow.png", 500, 400, { hue: 140 }), text("slow.txt", 5000));
  await trayed(alice, 2);
  await alice.area.fill("slowly");
  await alice.area.press("Enter");
  await trayed(alice, 0);
  const row = alice.message("slowly");
  await row.locator(".mark.is-waiting").waitFor();
  await row.locator(".unsent img").waitFor();
  await row.locator("progress").waitFor();
  await alice.attach(text("unwanted.txt", 5000));
  await alice.area.press("Enter");
  await alice.shot("leaving");
  await alice.page.getByRole("button", { name: "Cancel unwanted.txt" }).click();
  await alice.message("unwanted.txt").waitFor({ state: "detached" });
  await alice.say("this one overtakes");
  await bob.message("this one overtakes").waitFor();
  await release();
  await bob.message("slowly").waitFor();
  assert.equal((await newest()).at(-1).content.attachments.length, 2);
  assert.equal((await newest()).filter((m) => m.content.attachments?.some((a) => a.name === "unwanted.txt")).length, 0);
});

test("a message with files is kept over a reload, and goes on", async () => {
  const release = await holdUploads();
  await alice.attach(png("kept.png", 300, 200, { hue: 60 }), text("kept.txt", 3000));
  await trayed(alice, 2);
  await alice.area.fill("over a reload");
  await alice.area.press("Enter");
  await alice.message("over a reload").locator(".mark.is-waiting").waitFor();
  await alice.page.reload();
  await release();
  await bob.message("over a reload").waitFor();
  await alice.stored("over a reload");
  assert.deepEqual((await newest()).at(-1).content.attachments.map((a) => a.name), ["kept.webp", "kept.txt"]);
});

test("a message whose files cannot be stored says why, and goes on when it is asked to", async () => {
  await alice.page.route(/\/up\//, (route) => route.fulfill({ status: 403, body: "no" }));
  await alice.attach(text("late.txt", 4000));
  await alice.area.fill("too late");
  await alice.area.press("Enter");
  const row = alice.message("too late");
  await row.locator(".mark.is-waiting").waitFor();
  await row.locator(".fault", { hasText: "It could not be stored." }).waitFor();
  await row.locator(".mark.is-failed").waitFor();
  await alice.shot("leaving-failed");
  await alice.page.unroute(/\/up\//);
  await row.getByRole("button", { name: "Resume" }).click();
  await bob.message("too late").waitFor();
});

test("an upload that stopped says why, and goes on", async () => {
  await alice.page.route(/\/up\//, (route) => route.fulfill({ status: 403, body: "no" }));
  await alice.attach(text("stopped.txt", 4000));
  const fault = alice.page.locator(".composer .fault");
  await fault.waitFor();
  assert.match(await fault.innerText(), /stopped\.txt: /);
  assert.equal(await alice.page.locator(".composer .send").isDisabled(), true);
  await alice.shot("stopped");
  await alice.page.unroute(/\/up\//);
  await fault.getByRole("button", { name: "Resume" }).click();
  await fault.waitFor({ state: "detached" });
  await alice.area.press("Enter");
  await bob.message("stopped.txt").waitFor();
});

test("an empty file is refused in plain words", async () => {
  await alice.attach({ name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) });
  const fault = alice.page.locator(".composer .fault");
  await fault.getByText("This file is empty.").waitFor();
  await fault.getByRole("button", { name: "Remove" }).click();
  await trayed(alice, 0);
});

test("a picture has its room before it comes, and nothing moves when it does", async () => {
  let release;
  const held = new Promise((go) => (release = go));
  await bob.page.route(/\/m\//, async (route) => { await held; await route.continue().catch(() => {}); });
  await alice.attach(png("late.png", 640, 480, { hue: 30 }));
  await alice.area.fill("it comes late");
  await alice.area.press("Enter");
  const row = bob.message("it comes late");
  await row.locator("canvas.blur").waitFor(); // the blur that stands for the picture
  await bob.shot("blurhash");
  const before = await bob.settled(row);
  release();
  await seen(bob, 1);
  assert.deepEqual(await row.boundingBox(), before);
  await bob.page.unroute(/\/m\//);
});

test("a link that opens nothing any more is replaced", async () => {
  let refused = 0;
  await bob.page.route(/\/m\//, (route) => (refused++ ? route.continue() : route.fulfill({ status: 403, body: "expired" })));
  await alice.attach(png("renewed.png", 300, 300, { hue: 222 }));
  await send();
  await seen(bob, 1);
  assert.ok(refused > 1);
  await bob.page.unroute(/\/m\//);
});

test("an animated GIF moves", async () => {
  await alice.attach(gif("moves.gif"));
  await send();
  await seen(bob, 1);
  const img = last(bob).locator("img");
  const first = await img.screenshot();
  await until("it looks different", async () => !(await img.screenshot()).equals(first));
});

test("a video plays where it is, read by ranges", async () => {
  const film = await webm(alice.page, "film.webm");
  let ranges = 0;
  bob.page.on("request", (r) => { if (r.resourceType() === "media" && r.headers().range) ranges++; });
  await alice.attach(film);
  await send();
  const video = last(bob).locator("video");
  await video.waitFor();
  await video.evaluate((v) => v.play());
  await until("it has played", () => video.evaluate((v) => v.currentTime > 0.3));
  assert.ok(ranges > 0);
  await bob.shot("video");
});

test("a sound plays, and a document is downloaded", async () => {
  await alice.attach(wav("tone.wav", 60), text("paper.txt", 700));
  await send();
  const row = last(bob);
  await row.getByRole("button", { name: "Play: tone.wav" }).click();
  await row.getByRole("button", { name: "Pause: tone.wav" }).click();
  const slider = row.getByRole("slider");
  await slider.press("End");
  await until("it is at the end", async () => (await slider.getAttribute("aria-valuenow")) === "60");
  const [saved] = await Promise.all([bob.page.waitForEvent("download"), row.getByRole("button", { name: /Download.*paper.txt/ }).click()]);
  assert.equal(saved.suggestedFilename(), "paper.txt");
  await bob.shot("files");
});

test("a voice message is recorded, sent, and played faster", async () => {
  await alice.page.getByRole("button", { name: "Record a voice message" }).click();
  await until("it records", async () => (await alice.page.locator(".recording [role=timer]").innerText()) >= "0:02");
  await alice.shot("recording");
  await alice.page.getByRole("button", { name: "Pause" }).click();
  await alice.page.getByRole("button", { name: "Go on recording" }).click();
  const before = await seq(bob);
  await alice.page.getByRole("button", { name: "Send voice message" }).click();
  await until("bob has it", async () => (await seq(bob)) > before);
  const row = last(bob);
  await row.getByRole("button", { name: "Play: Voice message" }).click();
  const [a] = (await newest()).at(-1).content.attachments;
  assert.equal(a.kind, "voice");
  assert.ok(a.duration > 1500 && a.waveform.length > 20, JSON.stringify(a));
  await row.getByRole("button", { name: "Speed 1×" }).click();
  await row.getByRole("button", { name: "Speed 1.5×" }).click();
  await row.getByRole("button", { name: "Speed 2×" }).waitFor();
  await bob.shot("voice");
  await alice.page.getByRole("button", { name: "Record a voice message" }).click();
  await alice.page.locator(".recording").press("Escape");
  await alice.area.waitFor();
});

test("the viewer: keys, zoom, download, jump, and the focus returns", async () => {
  await alice.attach(...[0, 1, 2].map((i) => png(`view-${i}.png`, 800, 500 + 40 * i, { hue: 80 * i })));
  await trayed(alice, 3);
  await alice.page.getByRole("button", { name: "Caption and order: view-1.png" }).click();
  await alice.page.getByRole("textbox", { name: "Caption for view-1.png" }).fill("the middle one");
  await alice.page.keyboard.press("Enter");
  await send();
  await seen(bob, 3);
  const viewer = bob.page.locator("dialog.viewer"), picture = viewer.locator(".zoomed");
  const tile = last(bob).locator(".photo").first();
  album = await seq(bob);
  await tile.click();
  await viewer.locator(".num", { hasText: "1 of 3" }).waitFor();
  await bob.page.keyboard.press("ArrowRight");
  await viewer.locator(".num", { hasText: "2 of 3" }).waitFor();
  await viewer.getByText("the middle one").waitFor();
  await until("it is loaded", () => picture.locator("img").evaluateAll((all) => all.length === 1 && all[0].naturalWidth === 800));
  await bob.shot("viewer");
  const scale = () => picture.evaluate((e) => new DOMMatrix(getComputedStyle(e).transform).a);
  await picture.dblclick({ position: { x: 50, y: 50 } });
  assert.equal(await scale(), 2.5);
  await picture.dispatchEvent("dblclick");
  assert.equal(await scale(), 1);
  await bob.page.mouse.move(640, 400);
  await bob.page.mouse.wheel(0, -300);
  await until("the wheel has made it larger", async () => (await scale()) > 1.5);
  await bob.page.keyboard.press("0");
  assert.equal(await scale(), 1);
  await picture.evaluate((e) => { // two fingers move apart
    const finger = (type, pointerId, clientX) => e.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY: 400, pointerType: "touch", bubbles: true }));
    e.closest(".large").setPointerCapture = () => {};
    finger("pointerdown", 11, 600), finger("pointerdown", 12, 700);
    finger("pointermove", 11, 500), finger("pointermove", 12, 800);
    finger("pointerup", 11, 500), finger("pointerup", 12, 800);
  });
  assert.ok((await scale()) > 2.5);
  await bob.page.keyboard.press("ArrowLeft");
  await viewer.locator(".num", { hasText: "1 of 3" }).waitFor();
  assert.equal(await scale(), 1);
  const [saved] = await Promise.all([bob.page.waitForEvent("download"), viewer.getByRole("button", { name: /Download original/ }).click()]);
  assert.match(saved.suggestedFilename(), /^view-0\./);
  for (let i = 0; i < 12; i++) await bob.page.keyboard.press("Tab");
  assert.ok(await viewer.evaluate((v) => v.contains(document.activeElement) || document.activeElement === document.body)); // the body is active while the browser's own controls have the focus
  await bob.page.keyboard.press("Escape");
  await viewer.waitFor({ state: "detached" });
  assert.ok(await tile.evaluate((t) => t === document.activeElement));
  await tile.click();
  await viewer.getByRole("button", { name: "Forward" }).click();
  const forward = bob.page.getByRole("dialog", { name: "Forward to" });
  await forward.waitFor();
  await bob.page.keyboard.press("Escape");
  await forward.waitFor({ state: "detached" });
});

test("the gallery has pictures, files, sounds and links, and goes on as one scrolls", async () => {
  await alice.say("see https://example.com/frogs");
  await bob.message("example.com/frogs").waitFor();
  await bob.page.keyboard.press("Control+i");
  await bob.shot("details");
  await bob.page.getByRole("button", { name: "Photos and files" }).click();
  const thumbs = bob.page.locator(".gallery .photo");
  await until("all pictures are there", async () => (await thumbs.count()) > 25);
  await until("they are shown", () => thumbs.first().locator("img").evaluate((i) => i.naturalWidth > 0));
  await bob.shot("gallery");
  await thumbs.first().click();
  const viewer = bob.page.locator("dialog.viewer");
  await viewer.getByRole("button", { name: "Go to the message" }).click();
  await bob.page.locator(".msg:focus .album").waitFor();
  const tab = (name) => bob.page.locator(".gallery .choice label", { hasText: name }).click();
  await tab("Files");
  await bob.page.locator(".gallery .card", { hasText: "paper.txt" }).waitFor();
  await tab("Audio");
  await bob.page.locator(".gallery").getByRole("button", { name: "Play: Voice message" }).waitFor();
  await tab("Links");
  const link = bob.page.locator(".gallery a.card", { hasText: "example.com/frogs" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow ugc");
  await bob.page.locator(".aside").getByRole("button", { name: "Close" }).click();
});

test("the gallery reads further pages as one scrolls", async () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ type: "send", channel: "alice~bob", client_id: `link${i}`, content: { text: `https://example.org/${i}` } }));
  await server.as("alice", ...many);
  await bob.message("example.org/99").waitFor();
  await bob.page.keyboard.press("Control+i");
  await bob.page.getByRole("button", { name: "Photos and files" }).click();
  await bob.page.locator(".gallery .choice label", { hasText: "Links" }).click();
  const links = bob.page.locator(".gallery a.card");
  await until("the first page is there", async () => (await links.count()) >= 40);
  await until("all are there", async () => {
    await links.last().scrollIntoViewIfNeeded();
    return (await links.count()) === 101;
  });
  assert.deepEqual((await links.allInnerTexts()).slice(0, 2).map((t) => t.trim()), ["example.org/99", "example.org/98"]);
  await links.last().locator("xpath=ancestor::li").getByRole("button", { name: "Go to the message" }).click();
  await bob.led("example.com/frogs");
  await bob.page.locator(".aside").getByRole("button", { name: "Close" }).click();
});

test("axe finds nothing in all of this, and it looks right in the dark, in Japanese, and in the hand", async () => {
  const yuki = await Person.arrive(browser, server, "bob", { locale: "ja-JP", colorScheme: "dark", bypassCSP: true, reducedMotion: "reduce" });
  await yuki.page.locator(".row", { hasText: "alice" }).click();
  await yuki.page.keyboard.press("Control+i");
  await yuki.page.getByRole("button", { name: "写真とファイル" }).click();
  await yuki.page.locator(".gallery .photo").first().click();
  await yuki.page.locator("dialog.viewer").getByRole("button", { name: "メッセージへ移動" }).click();
  await yuki.page.locator(".aside").getByRole("button", { name: "閉じる" }).click();
  await until("pictures are there", async () => (await yuki.page.locator(".msg img").count()) > 2);
  await yuki.attach(png("夜の湿地.png", 400, 300), text("観察メモ.txt"));
  await trayed(yuki, 2);
  await yuki.shot("media-ja-dark");
  await yuki.accessible();
  await yuki.page.getByRole("button", { name: "説明と順番：夜の湿地.png" }).click();
  await yuki.page.locator("dialog.file-dialog").waitFor();
  await yuki.accessible();
  await yuki.page.keyboard.press("Escape");
  await yuki.page.locator(".msg .photo").last().click();
  await yuki.page.locator("dialog.viewer img").first().waitFor();
  await yuki.accessible();
  await yuki.page.keyboard.press("Escape");
  await yuki.page.keyboard.press("Control+i");
  await yuki.page.getByRole("button", { name: "写真とファイル" }).click();
  await yuki.page.locator(".gallery .photo img").first().waitFor();
  await yuki.accessible();
  await yuki.shot("gallery-ja-dark");
  await yuki.page.getByRole("button", { name: "音声メッセージを録音" }).click();
  await yuki.page.locator(".recording .play, .recording .send:enabled").first().waitFor();
  await yuki.accessible();
  await yuki.close();

  const hand = await Person.arrive(browser, server, "bob", { ...phone, bypassCSP: true, reducedMotion: "reduce" });
  await hand.page.locator(".row", { hasText: "alice" }).click();
  await hand.title("alice");
  await hand.page.goto(`${server.url}/c/alice~bob/${album}`);
  await until("pictures are there", async () => (await hand.page.locator(".msg img").count()) > 2);
  await hand.attach(png("small.png", 400, 300), text("memo.txt"));
  await trayed(hand, 2);
  await hand.shot("media-phone");
  await hand.accessible();
  await hand.page.locator(".msg .photo").last().click();
  await hand.page.locator("dialog.viewer img").first().waitFor();
  await hand.shot("viewer-phone");
  await hand.accessible();
  await hand.close();
});

test("no console complained", () => {
  assert.deepEqual(Person.complaints.filter((c) => !/403|net::ERR_FAILED/.test(c)), []);
});
