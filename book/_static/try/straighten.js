// Straighten and crop: what part of a picture is left, and how to draw it.

// `quarters` turns by 90 degrees clockwise, then by `angle` degrees; of the largest frame of the same shape
// that has no empty corner, `crop` takes shares away: { left, top, right, bottom }. Gives sides in
// pixels, and a function that draws the picture on a context of these sides. A `scale` below 1 reduces.
export function straightened({ width, height }, { quarters, angle, scale = 1, crop: { left, top, right, bottom } }) {
  const [wide, high] = quarters % 2 ? [height, width] : [width, height];
  const tilt = (angle * Math.PI) / 180;
  const ratio = Math.max(wide / high, high / wide);
  const fits = 1 / (Math.cos(tilt) + ratio * Math.abs(Math.sin(tilt)));
  const [frameWide, frameHigh] = [wide * fits * scale, high * fits * scale];
  const turn = tilt + (quarters * Math.PI) / 2;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)].map((v) => (Math.abs(v) < 1e-9 ? 0 : v * scale));
  const [x, y] = [frameWide / 2 - Math.round(frameWide * left), frameHigh / 2 - Math.round(frameHigh * top)];
  return {
    width: Math.max(1, Math.round(frameWide * (1 - left - right))),
    height: Math.max(1, Math.round(frameHigh * (1 - top - bottom))),
    draw(context, picture) {
      context.imageSmoothingQuality = "high";
      context.setTransform(cos, sin, -sin, cos, x, y);
      context.drawImage(picture, -width / 2, -height / 2);
      context.resetTransform();
    },
  };
}
