// The built page in a real Chromium, with a rendered clip as its camera and as a file:
// node web/test.mjs PAGE CLIPS [VIDEO COUNT]...   (further videos of your own, with their counts)

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [root, clips, ...videos] = process.argv.slice(2);
const truth = JSON.parse(readFileSync(join(clips, "truth.json")));
const TYPES = { ".html": "text/html", ".css": "text/css", ".wasm": "application/wasm",
  ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json" };
const SHARED_MEMORY = { "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp" };

const server = createServer((request, response) => {
  const name = new URL(request.url, "http://localhost").pathname.replace(/\/$/, "/index.html");
  try {
    const body = readFileSync(join(root, name));
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
      ...(process.env.THREADS ? SHARED_MEMORY : {}) });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://localhost:${server.address().port}/`;
const executablePath = execFileSync("which", [process.env.CHROMIUM ?? "chromium"]).toString().trim();

async function browse(flags, test, before = () => {}) {
  const more = process.env.FLAGS?.split(" ") ?? [];
  const args = ["--no-sandbox", "--use-fake-ui-for-media-stream", ...flags, ...more];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    await before(page);
    await page.goto(address + (process.env.QUERY ?? ""));
    await test(page);
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
  }
}

const text = (page, id) => page.textContent(`#${id}`);
const state = (page, wanted, seconds) => page.waitForFunction(
  (states) => states.includes(document.getElementById("stage").dataset.state), wanted,
  { timeout: 1000 * seconds });
const ready = async (page) => {
  await state(page, ["ready", "failed"], 120);
  assert.equal(await page.getAttribute("#stage", "data-state"), "ready", await text(page, "message"));
};

async function savedReps(page) {
  if (await page.isDisabled("#csv")) return []; // nothing was counted
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#csv")]);
  const [head, ...rows] = readFileSync(await download.path(), "utf8").trim().split("\n");
  const names = head.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((v, i) => [names[i], +v])));
}

function assertTruth(reps) {
  assert.equal(reps.length, truth.bottoms_s.length, "miscounted (is the machine busy?)");
  reps.forEach((rep, i) => assert.ok(Math.abs(rep.bottom_s - truth.bottoms_s[i]) < 0.5,
    `lowest at ${rep.bottom_s} s instead of ${truth.bottoms_s[i]} s`));
}

const CAMERA = ["--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${resolve(clips, "camera.y4m")}`];

await browse(CAMERA, async (page) => {
  await ready(page);
  console.log("start:", await text(page, "figures"));
  await page.click("#camera");
  const almost = truth.duration_s - 0.3; // Chromium then plays the clip again
  await page.waitForFunction(
    (end_s) => +(document.getElementById("stage").dataset.time ?? 0) > end_s, almost,
    { timeout: 60_000, polling: 50 });
  await page.screenshot({ path: join(clips, "camera.png") });
  console.log("camera:", await text(page, "figures"));
  await page.evaluate(() => { // as when its plug is pulled
    const [track] = document.getElementById("video").srcObject.getVideoTracks();
    track.dispatchEvent(new Event("ended"));
  });
  assert.match(await text(page, "message"), /The camera is gone. What was counted is kept./);
  const [count, reps] = [+(await text(page, "count")), await savedReps(page)];
  assertTruth(reps.filter((rep) => rep.time_s < truth.duration_s));
  await page.click("#camera");
  await state(page, ["counting", "waiting", "unseen"], 30);
  assert.ok(+(await text(page, "count")) >= count);
  assert.deepEqual((await savedReps(page)).slice(0, count), reps.slice(0, count));
});
console.log(`camera: ${truth.bottoms_s.length} of ${truth.bottoms_s.length} push-ups`);

async function countFile(page, path) {
  await page.setInputFiles("#file", path);
  await state(page, ["counting", "waiting", "unseen"], 30);
  const half = await page.waitForFunction(() => {
    const video = document.getElementById("video");
    return video.ended || video.currentTime > 0.6 * video.duration;
  }, null, { timeout: 300_000, polling: 50 });
  await half.dispose();
  await page.screenshot({ path: join(clips, "file.png") });
  const figures = await text(page, "figures");
  await state(page, ["done"], 300);
  return [+(await text(page, "count")), figures];
}

await browse([], async (page) => {
  await ready(page);
  const [count, figures] = await countFile(page, join(clips, "clip.mp4"));
  console.log(`file: ${count} of ${truth.bottoms_s.length} push-ups; ${figures}`);
  assertTruth(await savedReps(page));
  for (let i = 0; i < videos.length; i += 2) {
    const [found, speed] = await countFile(page, videos[i]);
    console.log(`${videos[i]}: ${found} of ${videos[i + 1]} push-ups; ${speed}`);
  }
  await page.setInputFiles("#file", { name: "broken.mp4", mimeType: "video/mp4",
    buffer: Buffer.from("no video") });
  await page.waitForSelector("#message.wrong");
  assert.match(await text(page, "message"), /cannot play broken.mp4: convert it/);
});

await browse([], async (page) => {
  await ready(page);
  await page.click("#camera");
  await page.waitForSelector("#message.wrong");
  assert.match(await text(page, "message"), /There is no camera/);
});

await browse(CAMERA, async (page) => {
  await ready(page);
  await page.click("#camera");
  await page.waitForSelector("#message.wrong");
  assert.match(await text(page, "message"), /may not use the camera/);
}, (page) => page.addInitScript(() => {
  navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException("refused", "NotAllowedError"));
}));

await browse([], async (page) => {
  await page.waitForSelector("#message.wrong");
  assert.match(await text(page, "message"), /no WebAssembly SIMD/);
}, (page) => page.addInitScript(() => { WebAssembly.validate = () => false; }));

server.close();
console.log("the page's messages: as they should be");
