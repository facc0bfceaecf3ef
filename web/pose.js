// From a frame to a network's input and from its maps to joints: what geometry.py and
// codecs/gaussian_heatmap.py do with OpenCV and NumPy. tests/web holds the two to each other.

// Where the part of a frame that is looked at lies in the input: an edge at X in the frame (the
// first pixel spans 0 to 1) is at scale * X + left. `box` has geometry.py's convention (-0.5 to
// 0.5); null looks at the whole frame.
export function frameInput(spec, width, height, box = null) {
  const size = spec.input_size;
  const [x1, y1, x2, y2] = box ?? [-0.5, -0.5, width - 0.5, height - 0.5];
  const scale = size / Math.max(x2 - x1, y2 - y1);
  const sides = [size, size];
  if (!box && spec.framing === "rectangle") {
    for (const [i, side] of [width, height].entries()) {
      const least = side * scale + spec.margin * size;
      sides[i] = Math.min(size, spec.grid * Math.ceil(least / spec.grid));
    }
  }
  return {
    scale,
    left: sides[0] / 2 - scale * ((x1 + x2) / 2 + 0.5),
    top: sides[1] / 2 - scale * ((y1 + y2) / 2 + 0.5),
    width: sides[0],
    height: sides[1],
  };
}

// The uint8 planes R, G, B of RGBA pixels.
export function planes(rgba) {
  const cells = rgba.length / 4;
  const out = new Uint8Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    out[i] = rgba[4 * i];
    out[cells + i] = rgba[4 * i + 1];
    out[2 * cells + i] = rgba[4 * i + 2];
  }
  return out;
}

export const sigmoid = (logit) => 0.5 * (1 + Math.tanh(0.5 * logit));

// [[x, y, score], ...] in pixels of the frame, of maps (joints, height, width) of logits.
export function decode(maps, [joints, height, width], codec, input) {
  const stride = codec.input_size / Math.max(height, width);
  const found = [];
  for (let joint = 0; joint < joints; joint++) {
    const map = maps.subarray(joint * height * width, (joint + 1) * height * width);
    const [x, y, peak] = peakOf(map, width, height, codec.refine);
    found.push([
      ((x + 0.5) * stride - input.left) / input.scale - 0.5,
      ((y + 0.5) * stride - input.top) / input.scale - 0.5,
      sigmoid(codec.score_scale * peak + codec.score_shift),
    ]);
  }
  return found;
}

function peakOf(map, width, height, refine) {
  let best = 0;
  for (let i = 1; i < map.length; i++) if (map[i] > map[best]) best = i;
  const cell = [best % width, Math.floor(best / width), map[best]];
  return refine ? refined(map, width, height, cell) : cell;
}

// One Newton step on the logarithm of the heatmap, which is quadratic for a Gaussian.
function refined(map, width, height, cell) {
  const [x, y, peak] = cell;
  const cx = Math.min(Math.max(x, 1), width - 2);
  const cy = Math.min(Math.max(y, 1), height - 2);
  const at = (dx, dy) => {
    const logit = map[(cy + dy) * width + cx + dx];
    return -(Math.max(0, -logit) + Math.log1p(Math.exp(-Math.abs(logit))));
  };
  const [middle, left, right, up, down] = [at(0, 0), at(-1, 0), at(1, 0), at(0, -1), at(0, 1)];
  const [gx, gy] = [(right - left) / 2, (down - up) / 2];
  const [hxx, hyy] = [right - 2 * middle + left, down - 2 * middle + up];
  const hxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4;
  const determinant = hxx * hyy - hxy * hxy;
  if (!(hxx < 0 && determinant > 1e-6)) return cell;
  const rx = cx + (hxy * gy - hyy * gx) / determinant;
  const ry = cy + (hxy * gx - hxx * gy) / determinant;
  return Math.max(Math.abs(rx - x), Math.abs(ry - y)) <= 1 ? [rx, ry, peak] : cell;
}
