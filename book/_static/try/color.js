// Lab color, as in colorlib.color: sRGB primaries, D65 white, 2-degree observer (chapter 01).
// A photo's pixels are bytes, so the slow powers are looked up in tables.

const RGB_TO_XYZ = [
  [0.412453, 0.357580, 0.180423],
  [0.212671, 0.715160, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const XYZ_TO_RGB = inverse(RGB_TO_XYZ);
const WHITE = [0.95047, 1.0, 1.08883];
const LAB_KNEE = 0.008856;
const LAB_SLOPE = 7.787;
const LAB_OFFSET = 16 / 116;
const KNEE = Math.cbrt(LAB_KNEE);

export function toLinear(value) {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
}

export function toStored(linear) {
  return linear > 0.0031308 ? 1.055 * linear ** (1 / 2.4) - 0.055 : 12.92 * linear;
}

const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => toLinear(byte / 255));
// Fine enough for a twentieth of an 8-bit step, even near black.
const FINE = 65535;
const STORED = Uint8Array.from({ length: FINE + 1 }, (_, i) => Math.round(255 * toStored(i / FINE)));
const LIGHTNESS = Float32Array.from({ length: FINE + 1 }, (_, i) => 116 * root(i / FINE) - 16);

// What a screen can show, to half an 8-bit step, in amounts of light.
const DARKEST = -1 / 512 / 12.92;
const BRIGHTEST = toLinear(1 + 1 / 512);

function root(ratio) {
  return ratio > LAB_KNEE ? Math.cbrt(ratio) : LAB_SLOPE * ratio + LAB_OFFSET;
}

function cube(f) {
  return f > KNEE ? f * f * f : (f - LAB_OFFSET) / LAB_SLOPE;
}

// One pixel of three bytes to [L, a, b].
export function rgbToLab(red, green, blue) {
  const light = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const [fx, fy, fz] = RGB_TO_XYZ.map((row, i) =>
    root((row[0] * light[0] + row[1] * light[1] + row[2] * light[2]) / WHITE[i]));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

// L of many pixels: RGBA bytes to floats in [0, 100].
export function lightnessOf(rgba, into = new Float32Array(rgba.length / 4)) {
  const [r, g, b] = RGB_TO_XYZ[1].map((weight) => LINEAR.map((light) => weight * light * FINE));
  for (let i = 0, j = 0; i < into.length; i++, j += 4) {
    into[i] = LIGHTNESS[(r[rgba[j]] + g[rgba[j + 1]] + b[rgba[j + 2]] + 0.5) | 0];
  }
  return into;
}

const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = XYZ_TO_RGB.map((row) =>
  row.map((value, i) => value * WHITE[i]));
const light = new Float64Array(3); // of the last pixel: no new object for each of millions

// Sets `light` to amounts of red, green, blue; says whether a screen can show them.
function shows(L, a, b) {
  const fy = (L + 16) / 116;
  const x = cube(fy + a / 500);
  const y = cube(fy);
  const z = cube(Math.max(fy - b / 200, 0));
  const red = RX * x + RY * y + RZ * z;
  const green = GX * x + GY * y + GZ * z;
  const blue = BX * x + BY * y + BZ * z;
  light[0] = red;
  light[1] = green;
  light[2] = blue;
  return red > DARKEST && green > DARKEST && blue > DARKEST
    && red < BRIGHTEST && green < BRIGHTEST && blue < BRIGHTEST;
}

// Writes one Lab pixel as three bytes. As colorlib.color.into_gamut, it keeps L and hue, and takes
// color away until a screen can show what is left.
export function writeLab(L, a, b, rgba, at) {
  if (!shows(L, a, b)) {
    let fits = 0;
    for (let step = 0.5; step > 1 / 512; step /= 2) {
      if (shows(L, a * (fits + step), b * (fits + step))) fits += step;
    }
    shows(L, a * fits, b * fits);
  }
  for (let i = 0; i < 3; i++) {
    rgba[at + i] = STORED[(Math.min(Math.max(light[i], 0), 1) * FINE + 0.5) | 0];
  }
}

// The same color for a style sheet.
export function cssOf(L, a, b) {
  const bytes = [0, 0, 0];
  writeLab(L, a, b, bytes, 0);
  return `rgb(${bytes.join(" ")})`;
}

function inverse([[a, b, c], [d, e, f], [g, h, i]]) {
  const [x, y, z] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * x + b * y + c * z;
  return [
    [x, c * h - b * i, b * f - c * e],
    [y, a * i - c * g, c * d - a * f],
    [z, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
}
