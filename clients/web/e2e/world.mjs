// A small world to look at: people who record frogs, in two languages, and the ways to the app's
// screens.

import { png } from "./files.mjs";
import { Person } from "./person.mjs";

const people = { nao: "奈緒", mio: "美緒", ines: "Ines", tomas: "Tomas", ren: "蓮", lena: "Lena", haru: "陽", kotoha: "琴葉" };

/** What the photos show. It is drawn here: a sky, and what stands before it. */
const scenes = {
  dusk: `<linearGradient id="g" x2="0" y2="1"><stop stop-color="#8f7f90"/><stop offset=".6" stop-color="#e9b484"/></linearGradient><rect width="960" height="540" fill="url(#g)"/><circle cx="660" cy="330" r="52" fill="#fbe2a6"/><path d="M0 360q240-70 480-10t480-30v220H0z" fill="#3d4a43"/><path d="M0 430h960v110H0z" fill="#c59a78"/><path d="M60 540 110 150 96 540zM170 540 150 260 190 540zM860 540 884 210 896 540z" fill="#16221d"/>`,
  night: `<rect width="960" height="540" fill="#0e1f22"/><circle cx="480" cy="190" r="74" fill="#efe9cf"/><path d="M0 330q240-60 480-20t480-20v250H0z" fill="#0a1517"/><path d="M420 400h120M440 430h80M455 460h50" stroke="#8fa39a" stroke-width="7"/><path d="M120 540 140 240 160 540zM820 540 806 300 842 540z" fill="#060d0e"/>`,
  path: `<rect width="960" height="540" fill="#d9c6a4"/><path d="M0 210h960v330H0z" fill="#73906a"/><path d="M430 210h100L760 540H200z" fill="#a9825a"/><path d="M408 250h144M380 300h200M345 360h270M300 430h360M255 500h450" stroke="#6f5238" stroke-width="9"/>`,
};

/** Writes the messages, and returns the group and the server's people. */
export async function furnish(browser, server) {
  for (const [user, name] of Object.entries(people)) await server.as(user, { type: "set_profile", client_id: "name", name });
  const group = async (id, by, name, ...members) => (await server.as(by, { type: "create_group", client_id: id, name, members }))[0].channel.id;
  const field = await group("field", "nao", "Field recordings", "ines", "mio", "tomas", "ren", "lena");
  const marsh = await group("marsh", "mio", "湿地の録音会", "nao", "kotoha", "haru", "ren");
  const kitchen = await group("kitchen", "ren", "三丁目の台所", "nao", "haru");
  const release = await group("release", "ines", "Release room", "nao", "tomas", "lena");
  await server.as("nao", { type: "update_channel", client_id: "topic", channel: field, topic: "What we heard, where, and with which microphone" });
  let n = 0;
  const say = (by, where, text, more = {}) => server.as(by, { type: "send", client_id: `w${++n}`, ...(people[where] ? { to: where } : { channel: where }), content: { text, ...more } });
  await say("ren", kitchen, "土曜の当番、代わってもらえますか？");
  await say("nao", kitchen, "いいですよ。日曜をお願いします。");
  await say("tomas", release, "Tagged. The notes are in the usual place.");
  await say("lena", "nao", "The summary of last night is on its way.");
  await say("nao", "tomas", "I’ll bring the long cables.");
  await say("kotoha", marsh, "マイクの風防、予備はありますか？");
  await say("haru", marsh, "二つあります。明日持っていきます。");
  await say("mio", "nao", "写真、届きましたか？");
  await say("nao", field, "Recorders are out since four. **Please** keep off the boardwalk until six.");
  await say("mio", field, "回収してきました。最後の一時間、ものすごい合唱です。");
  const heard = (await server.history("nao", field)).filter((e) => e.seq).at(-1).seq;
  const mio = await Person.arrive(browser, server, "mio");
  const draw = await mio.context.newPage();
  await draw.setViewportSize({ width: 960, height: 540 });
  const photos = [];
  for (const [name, shapes] of Object.entries(scenes)) {
    await draw.setContent(`<body style="margin:0"><svg viewBox="0 0 960 540">${shapes}</svg>`);
    photos.push({ name: `${name}.jpg`, mimeType: "image/jpeg", buffer: await draw.screenshot({ type: "jpeg", quality: 80 }) });
  }
  await draw.close();
  await mio.go("Field recordings");
  await mio.attach(...photos);
  await mio.page.locator(".tray > li").nth(photos.length - 1).waitFor();
  await mio.area.press("Enter");
  await mio.page.locator(".msg .photo img").nth(photos.length - 1).waitFor();
  await mio.page.locator(".msg[data-pending]").first().waitFor({ state: "detached" });
  await mio.close();
  await say("ines", field, "That is the loudest thing I have ever heard on a meter.", { reply_to: heard });
  const loud = heard + 2;
  const mention = "I can cut it down to the best ten minutes before lunch. @Tomas, could you check the clock drift on channel two?";
  await say("nao", field, mention, { mentions: [{ kind: "user", user: "tomas", start: mention.indexOf("@"), length: 6 }] });
  await say("tomas", field, "About 40 ms over the night. Nothing that resampling can’t fix.");
  await say("nao", field, "Good. Then let’s keep both channels.");
  for (const [user, emoji] of [["mio", "🐸"], ["tomas", "🐸"], ["nao", "🐸"], ["lena", "🎧"]]) await server.as(user, { type: "react", client_id: `r${++n}`, channel: field, seq: loud, emoji });
  await server.as("nao", { type: "pin", client_id: "pin", channel: field, seq: heard });
  await server.as("ines", { type: "edit", client_id: "edit", channel: field, seq: loud, content: { text: "That is the loudest thing I have ever seen on a meter.", reply_to: heard } });
  await server.as("nao", { type: "set", client_id: "top", name: `top/${field}`, value: "1" }, { type: "set", client_id: "mute", name: `mute/${release}`, value: "0" });
  for (const user of ["mio", "tomas", "ines"]) await server.as(user, { type: "read", channel: field, seq: loud + 3 });
  return { field, marsh };
}

const dialog = (p) => p.page.locator("dialog[open]");
const press = (...keys) => async (p) => { for (const key of keys) await p.page.keyboard.press(key); };
const menu = (p) => p.page.locator(".msg .text", { hasText: "keep both" }).last().click({ button: "left" }).then(() => p.page.locator(".msg:focus, .msg").last().focus()).then(() => p.page.keyboard.press("Enter"));
const pane = async (p, key, shown) => { await p.page.keyboard.press(key); await p.page.locator(`.aside ${shown}`).first().waitFor(); };

/**
 * The screens of the app: the way from a conversation to each, and what shows that it is there.
 * After each screen the page is loaded anew.
 */
export const screens = {
  talk: async (p) => p.message("keep both").first().waitFor(),
  details: (p) => pane(p, "Control+i", ".about-channel, .person"),
  pins: async (p) => { await p.page.locator(".talk header .tool:not(.back)").first().click(); await p.page.locator(".aside .hit").first().waitFor(); },
  search: async (p) => { await pane(p, "Control+f", "input"); await p.page.locator(".aside input").first().pressSequentially("loudest"); await p.page.locator(".aside .hit").first().waitFor(); },
  finder: async (p) => { await press("Control+k")(p); await p.page.locator(".finder [role=option]").nth(3).waitFor(); },
  nothingFound: async (p) => { await press("Control+k")(p); await p.page.locator(".finder input").fill("かえる"); await p.page.locator(".finder [role=option]").first().waitFor(); },
  newGroup: async (p) => { await press("Control+k")(p); await p.page.locator(".finder [role=option]").filter({ hasText: /New group|新しいグループ/ }).click(); await dialog(p).locator("input[name=name]").waitFor(); await dialog(p).locator(".people-field input").fill("ren"); await dialog(p).locator("[role=option]").first().waitFor(); },
  keys: async (p) => { await press("Control+/")(p); await dialog(p).locator("kbd").first().waitFor(); },
  actions: async (p) => { await menu(p); await dialog(p).locator(".item").first().waitFor(); },
  emoji: async (p) => { await p.page.locator(".composer .tools .tool").nth(1).click(); await p.page.locator(".emoji-menu .cells button").first().waitFor(); },
  mention: async (p) => { await p.area.fill("@"); await p.page.locator(".picker [role=option]").first().waitFor(); },
  reply: async (p) => { await p.message("keep both").last().focus(); await press("r")(p); await p.page.locator(".about").waitFor(); },
  versions: async (p) => { await p.page.locator(".msg .edited").last().click(); await dialog(p).locator(".item").first().waitFor(); },
  readers: async (p) => { await p.page.locator(".msg .word").last().click(); await dialog(p).locator(".item").first().waitFor(); },
  forward: async (p) => { await p.message("keep both").last().focus(); await press("f")(p); await dialog(p).locator("[role=option]").first().waitFor(); },
  delete: async (p) => { await p.message("keep both").last().focus(); await press("Delete")(p); await dialog(p).locator(".button").first().waitFor(); },
  viewer: async (p) => { await p.page.locator(".msg .photo").first().click(); await p.page.locator("dialog.viewer img").first().waitFor(); },
  manage: async (p) => { await screens.details(p); await p.page.getByRole("button", { name: /Manage the group|グループの管理/ }).click(); await p.page.locator(".aside .manage").waitFor(); },
  tray: async (p) => { await p.attach(png("toad.png", 300, 200)); await p.page.locator(".tray > li").first().waitFor(); },
  refused: async (p) => { await p.say("a bell \u0007"); await p.page.locator(".msg .fault").first().waitFor(); },
  settings: async (p) => { await press("Control+,")(p); await p.page.locator("h1", { hasText: /Settings|設定/ }).filter({ visible: true }).first().waitFor(); },
  join: async (p) => { await p.page.goto(`${p.server.url}/join/${new URL(p.page.url()).pathname.split("/").at(-1)}#${"a".repeat(26)}`); await p.page.locator(".door .button.main").waitFor(); },
  gone: async (p) => { await p.page.goto(`${p.server.url}/c/g${"a".repeat(24)}`); await p.page.locator(".quietly").waitFor(); },
  list: async (p) => { await p.page.goto(`${p.server.url}/`); await p.page.locator(".row").first().waitFor(); },
};

/** The screens that look different or are opened in another way on a phone. */
export const inHand = ["talk", "finder", "newGroup", "emoji", "viewer", "tray", "settings", "join", "list"];
