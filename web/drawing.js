// What is drawn: the skeleton over the picture, the counter's signal below it.

const SURE = 0.1; // joints of lower confidence are not drawn
const SPAN_S = 8;

function prepared(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  return pen;
}

export function drawSkeleton(canvas, { joints, seen, width, height }, edges) {
  const pen = prepared(canvas, width, height);
  if (!seen) return;
  const thick = Math.max(2, Math.min(width, height) / 110);
  pen.lineWidth = thick;
  pen.lineCap = "round";
  for (const [a, b] of edges) {
    const score = Math.min(joints[a][2], joints[b][2]);
    if (score < SURE) continue;
    pen.strokeStyle = `rgb(77 182 172 / ${0.35 + 0.65 * score})`;
    pen.beginPath();
    pen.moveTo(joints[a][0] + 0.5, joints[a][1] + 0.5);
    pen.lineTo(joints[b][0] + 0.5, joints[b][1] + 0.5);
    pen.stroke();
  }
  for (const [x, y, score] of joints) {
    if (score < SURE) continue;
    pen.fillStyle = `hsl(${120 * score} 85% 60%)`; // red for a guess, green for sure
    pen.beginPath();
    pen.arc(x + 0.5, y + 0.5, 1.4 * thick, 0, 2 * Math.PI);
    pen.fill();
  }
}

export function drawSignal(canvas, { samples, reps, time_s }) {
  const density = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const pen = prepared(canvas, Math.round(width * density), Math.round(height * density));
  pen.setTransform(density, 0, 0, density, 0, 0);
  const shown = samples.filter((s) => s.value !== null && time_s - s.time_s <= SPAN_S);
  if (shown.length < 2) return;
  const values = shown.flatMap((s) => (s.threshold === null ? [s.value] : [s.value, s.threshold]));
  const low = Math.min(...values);
  const span = Math.max(0.3, Math.max(...values) - low); // arm lengths: rest looks like rest
  const x = (at_s) => width * (1 - (time_s - at_s) / SPAN_S);
  const y = (value) => height - 10 - (height - 20) * (value - low) / span;
  const style = getComputedStyle(canvas);
  const line = (key, colour, dashes, thick) => {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.setLineDash(dashes);
    pen.beginPath();
    let before = null;
    for (const sample of shown) {
      const known = sample[key] !== null;
      if (known) pen[before === null ? "moveTo" : "lineTo"](x(sample.time_s), y(sample[key]));
      before = known ? sample : null;
    }
    pen.stroke();
  };
  line("threshold", style.getPropertyValue("--quiet"), [4, 4], 1);
  line("value", style.getPropertyValue("--accent"), [], 2.5);
  pen.setLineDash([]);
  pen.fillStyle = style.getPropertyValue("--ink");
  for (const rep of reps.filter((r) => time_s - r.bottom_s <= SPAN_S)) {
    const nearest = shown.reduce((a, b) =>
      Math.abs(a.time_s - rep.bottom_s) < Math.abs(b.time_s - rep.bottom_s) ? a : b);
    pen.beginPath();
    pen.arc(x(rep.bottom_s), y(nearest.value), 4.5, 0, 2 * Math.PI);
    pen.fill();
  }
}
