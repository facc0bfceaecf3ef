// The page: sources of pictures, what is shown, what is saved. The counting is worker.js's.

import { drawSignal, drawSkeleton } from "./drawing.js";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((e) => [e.id, e]));
const { stage, video } = page;

// A WebAssembly module with one SIMD instruction: valid only where the browser knows it.
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10,
  10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);
const LONGEST_STEP_S = 1 / 12; // between two frames of a file: it waits for a slow device
const STATES = { counting: "counting", waiting: "get into position", unseen: "I can't see you" };
const CAMERA = {
  NotFoundError: "There is no camera: plug one in, or open a video file.",
  NotAllowedError: "The page may not use the camera: allow it beside the address, then press Camera.",
  NotReadableError: "The camera is in use by another program: close that, then press Camera.",
  AbortError: "The camera did not start: plug it in again, then press Camera.",
};

let worker, settings, engine;
let source = null; // { kind: "camera" or "file", name, stream or url }
let busy = false;
let waiting = null; // the time of the newest frame that came while the engine was busy
let looked_s = 0; // the time of the frame that the engine has
let offset_s = 0; // a time in a source that begins anew follows the last one's
let records = { reps: [], samples: [], laps: [], time_s: 0 };
let facing = "user";

function say(words, wrong = false) {
  page.message.textContent = words;
  page.message.classList.toggle("wrong", wrong);
}

function obstacle() {
  if (!WebAssembly.validate(SIMD)) {
    return "This browser has no WebAssembly SIMD, which the networks need: update it.";
  }
  if (!HTMLVideoElement.prototype.requestVideoFrameCallback || !self.OffscreenCanvas) {
    return "This browser is too old for the page: update it.";
  }
  return "";
}

function startEngine() {
  say("Loading the networks and the counter, once.");
  const asked = new URLSearchParams(location.search).get("backend");
  worker = new Worker("worker.js", { type: "module" });
  worker.onerror = (event) => failed({ words: event.message ?? "its script", during: "start" });
  worker.onmessage = ({ data }) => ({ ready, counted, finished, failed })[data.type](data);
  worker.postMessage({ type: "start", backend: asked });
}

function ready(told) {
  ({ settings } = told);
  engine = told.backend === "webgpu" ? "WebGPU"
    : `WASM SIMD, ${told.threads} thread${told.threads > 1 ? "s" : ""}${told.note}`;
  const { all, networks, python } = told.seconds;
  page.figures.textContent = `${settings.pose.name}, ${engine}; ready after ${all.toFixed(1)} s ` +
    `(networks ${networks.toFixed(1)} s, counter ${python.toFixed(1)} s)`;
  stage.dataset.state = "ready";
  page.camera.disabled = page.file.disabled = false;
  say("Ready.");
}

function failed({ words, during }) {
  busy = false;
  if (during === "start") {
    stage.dataset.state = "failed";
    say(`The page cannot start: ${words}. Load it again, or use another browser.`, true);
  } else {
    stop();
    say(`Counting stopped: ${words}. What was counted is kept; press Camera to go on.`, true);
  }
}

async function openCamera() {
  stop();
  if (!navigator.mediaDevices) {
    return say("A browser lends its camera to https:// pages and to localhost only.", true);
  }
  try {
    const wanted = { facingMode: facing, width: { ideal: 640 }, height: { ideal: 480 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    const [track] = stream.getVideoTracks();
    track.onended = () => { stop(); say("The camera is gone. What was counted is kept.", true); };
    stage.classList.toggle("mirrored", track.getSettings().facingMode !== "environment");
    video.srcObject = stream;
    await play({ kind: "camera", name: track.label, stream });
  } catch (error) {
    return say(CAMERA[error.name] ?? `The camera does not open: ${error.message}`, true);
  }
  const devices = await navigator.mediaDevices.enumerateDevices();
  page.turn.hidden = devices.filter((d) => d.kind === "videoinput").length < 2;
}

async function openFile(file) {
  if (!file || page.file.disabled) return;
  stop();
  reset();
  stage.classList.remove("mirrored");
  const url = URL.createObjectURL(file);
  video.src = url;
  try {
    await play({ kind: "file", name: file.name, url });
  } catch (error) {
    stop();
    say(`This browser cannot play ${file.name}: convert it to MP4 with H.264.`, true);
  }
}

async function play(opened) {
  source = opened;
  await video.play();
  stage.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  stage.classList.remove("empty");
  page.stop.disabled = page.reset.disabled = false;
  offset_s = null;
  say(source.name);
  video.requestVideoFrameCallback(take);
}

function stop() {
  source?.stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
  if (source?.url) URL.revokeObjectURL(source.url);
  video.pause();
  video.removeAttribute("src");
  video.srcObject = source = null;
  waiting = null;
  page.stop.disabled = true;
  page.state.textContent = "";
  page.skeleton.getContext("2d").reset();
  if (stage.dataset.state !== "starting") stage.dataset.state = "ready";
}

function take(now, meta) {
  if (!source) return;
  video.requestVideoFrameCallback(take);
  const time_s = source.kind === "file" ? meta.mediaTime : (meta.captureTime ?? now) / 1000;
  if (!busy) return look(time_s);
  waiting = time_s;
  if (source.kind === "file" && time_s - looked_s >= LONGEST_STEP_S) video.pause();
}

async function look(clock_s) {
  const from = source;
  busy = true;
  [waiting, looked_s] = [null, clock_s];
  offset_s ??= records.samples.length ? records.time_s + 1 - clock_s : -clock_s;
  const picture = await createImageBitmap(video).catch(() => null);
  if (!picture || from !== source) { busy = false; return; }
  worker.postMessage({ type: "frame", picture, time_s: clock_s + offset_s }, [picture]);
}

function counted(told) {
  busy = false;
  if (source && waiting !== null) look(waiting);
  else if (video.ended) worker.postMessage({ type: "finish" });
  if (source?.kind === "file" && video.paused && !video.ended) video.play().catch(() => {});
  records.time_s = told.time_s;
  records.samples.push({ time_s: told.time_s, value: told.value, threshold: told.threshold });
  while (told.time_s - records.samples[0].time_s > 10) records.samples.shift();
  add(told);
  if (!source) return;
  stage.dataset.state = !told.seen ? "unseen" : told.in_position ? "counting" : "waiting";
  stage.dataset.time = told.time_s.toFixed(2);
  page.state.textContent = STATES[stage.dataset.state];
  drawSkeleton(page.skeleton, told, settings.edges);
  drawSignal(page.signal, records);
  measure(told);
}

function add({ rep, count }) {
  page.count.textContent = count;
  if (!rep) return;
  records.reps.push(rep);
  page.csv.disabled = false;
  if (page.voice.checked) speechSynthesis.speak(new SpeechSynthesisUtterance(String(count)));
}

function measure({ ms, python_ms }) {
  const { laps } = records;
  laps.push({ at: performance.now(), ms, python_ms });
  while (laps.length > 60) laps.shift();
  const span_s = (laps.at(-1).at - laps[0].at) / 1000;
  if (!span_s) return;
  const mean = (key) => laps.reduce((sum, lap) => sum + lap[key], 0) / laps.length;
  const rate = (laps.length - 1) / span_s;
  page.figures.textContent = `${settings.pose.name}, ${engine}; ${rate.toFixed(1)} frames/s, ` +
    `${mean("ms").toFixed(1)} ms each, ${mean("python_ms").toFixed(1)} ms of them the counter`;
}

function finished(told) {
  add(told);
  const words = `${source?.name ?? "The video"}: ${told.count} push-up${told.count === 1 ? "" : "s"}.`;
  stop();
  stage.dataset.state = "done";
  say(words);
}

function reset() {
  worker.postMessage({ type: "reset" });
  records = { reps: [], samples: [], laps: [], time_s: 0 };
  offset_s = null;
  page.count.textContent = 0;
  page.csv.disabled = true;
}

function saveCsv() {
  const rows = records.reps.map((rep, i) =>
    [i + 1, rep.start_s, rep.bottom_s, rep.top_s, rep.depth, rep.confidence]
      .map((value) => +value.toFixed(3)).join());
  const text = ["rep,start_s,bottom_s,time_s,depth,confidence", ...rows, ""].join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "reps.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

page.camera.onclick = openCamera;
page.turn.onclick = () => { facing = facing === "user" ? "environment" : "user"; openCamera(); };
page.file.onchange = () => { openFile(page.file.files[0]); page.file.value = ""; };
page.stop.onclick = () => { stop(); say("Stopped. What was counted is kept."); };
page.reset.onclick = reset;
page.csv.onclick = saveCsv;
video.onended = () => { if (!busy) worker.postMessage({ type: "finish" }); };
stage.ondragover = (event) => { event.preventDefault(); stage.classList.add("over"); };
stage.ondragleave = () => stage.classList.remove("over");
stage.ondrop = (event) => {
  event.preventDefault();
  stage.classList.remove("over");
  openFile(event.dataTransfer.files[0]);
};

const words = obstacle();
if (words) {
  stage.dataset.state = "failed";
  say(words, true);
} else {
  startEngine();
}
