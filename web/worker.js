// The engine, beside the page's own thread: networks in ONNX Runtime, the counter in Python.

import { decode, frameInput, planes, sigmoid } from "./pose.js";

const GPU = "webgpu";
const SLOW_MS = 100; // a graphics card that needs longer for a frame is left alone
let ort, settings, networks, counter, canvas;

const answer = (type, more = {}) => postMessage({ type, ...more });
const at = (name) => new URL(name, import.meta.url).href;

async function load(name, kind = "arrayBuffer") {
  const response = await fetch(at(name)).catch((error) => ({ ok: false, status: error.message }));
  if (!response.ok) throw new Error(`cannot load ${name} (${response.status})`);
  return response[kind]();
}

// What runs the networks: the graphics card where the browser lends a real one, else the processor.
async function chooseBackend(asked) {
  if (asked === "wasm") return "wasm";
  const adapter = await navigator.gpu?.requestAdapter();
  if (asked === GPU && !adapter) throw new Error("this browser has no WebGPU");
  const real = adapter && !adapter.info?.isFallbackAdapter;
  return real || asked === GPU ? GPU : "wasm";
}

async function openNetworks(backend) {
  ort = await import(`./vendor/ort.${backend}.min.mjs`);
  ort.env.logLevel = "error";
  ort.env.wasm.wasmPaths = at("vendor/");
  // More threads need shared memory, which a page has only with the headers of docs/browser.md.
  ort.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(4, navigator.hardwareConcurrency) : 1;
  const open = async (name) =>
    ort.InferenceSession.create(await load(name), { executionProviders: [backend] });
  networks = { pose: await open("pose.onnx"), classifier: await open("classifier.onnx") };
}

async function openCounter() {
  const { loadPyodide } = await import("./vendor/pyodide.mjs");
  const [python, archive] = await Promise.all([
    loadPyodide({ indexURL: at("vendor/") }), load("python.zip"),
  ]);
  python.unpackArchive(archive, "zip", { extractDir: "/lib/page" });
  python.runPython("import sys; sys.path.insert(0, '/lib/page')");
  counter = python.pyimport("bridge").PageCounter(JSON.stringify(settings));
}

async function start(asked) {
  const began = performance.now();
  const since = (from) => performance.now() - from;
  const lap = async (step) => { await step; return since(began) / 1000; };
  settings = JSON.parse(await load("settings.json", "text"));
  canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  let backend = await chooseBackend(asked);
  let note = "";
  const tryOut = async () => {
    await openNetworks(backend);
    await runPose(new ImageData(64, 64), 64, 64, null); // the first run is slow
    const from = performance.now();
    await runPose(new ImageData(64, 64), 64, 64, null);
    if (backend === GPU && !asked && since(from) > SLOW_MS) throw new Error("it is slow");
  };
  const networksOpen = tryOut().catch((error) => {
    if (backend !== GPU || asked) throw error;
    [backend, note] = ["wasm", ` (WebGPU left out: ${error.message})`];
    return tryOut();
  });
  const [networks_s, python_s] = await Promise.all([lap(networksOpen), lap(openCounter())]);
  const threads = ort.env.wasm.numThreads;
  const seconds = { networks: networks_s, python: python_s, all: since(began) / 1000 };
  answer("ready", { settings, backend, threads, note, seconds });
}

async function run(network, spec, picture, width, height, box) {
  const input = frameInput(spec, width, height, box);
  Object.assign(canvas.canvas, { width: input.width, height: input.height });
  canvas.imageSmoothingQuality = "high";
  const { scale, left, top } = input;
  if (picture instanceof ImageData) canvas.putImageData(picture, 0, 0);
  else canvas.drawImage(picture, left, top, width * scale, height * scale);
  const pixels = canvas.getImageData(0, 0, input.width, input.height).data;
  const images = new ort.Tensor("uint8", planes(pixels), [1, 3, input.height, input.width]);
  return [await network.run({ images }), input];
}

async function runPose(picture, width, height, box) {
  const [{ maps }, input] = await run(networks.pose, settings.pose, picture, width, height, box);
  return decode(await maps.getData(), maps.dims.slice(1), settings.pose.codec, input);
}

async function classify(picture, width, height) {
  const spec = settings.classifier;
  const [{ position }] = await run(networks.classifier, spec, picture, width, height, null);
  return sigmoid((await position.getData())[0]);
}

async function count({ picture, time_s }) {
  const began = performance.now();
  const { width, height } = picture;
  const looks = [];
  let next = { box: JSON.parse(counter.begin(time_s, width, height)) };
  let python_ms = performance.now() - began;
  const ask = (call) => {
    const from = performance.now();
    const told = JSON.parse(call());
    python_ms += performance.now() - from;
    return told;
  };
  while (!("taken" in next)) {
    looks.push(await runPose(picture, width, height, next.box));
    next = ask(() => counter.look(JSON.stringify(looks.at(-1))));
  }
  const score = next.ask ? await classify(picture, width, height) : undefined;
  picture.close();
  const told = ask(() => counter.count(score));
  const ms = performance.now() - began;
  answer("counted", { ...told, time_s, joints: looks[next.taken], ms, python_ms, width, height });
}

const DO = {
  start: ({ backend }) => start(backend),
  frame: count,
  reset: () => counter.reset(),
  finish: () => answer("finished", JSON.parse(counter.finish())),
};

// One message after the other: a reset must not fall between the looks at a frame.
let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last.then(() => DO[data.type](data)).catch((error) => {
    answer("failed", { words: String(error.message ?? error), during: data.type });
  });
};
