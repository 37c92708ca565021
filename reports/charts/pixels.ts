// Runs in the page: small images from their bytes.

/** Draws an image of 1 or 3 channels into a canvas. pixels: base64 of its bytes, channel by channel, each row by row. */
export function drawPixels(
  canvas: HTMLCanvasElement,
  { channels, height, width }: { channels: number; height: number; width: number },
  pixels: string,
): void {
  const bytes = atob(pixels);
  [canvas.width, canvas.height] = [width, height];
  const ctx = canvas.getContext('2d')!;
  const picture = ctx.createImageData(width, height);
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = bytes.charCodeAt((channels === 3 ? c : 0) * plane + i);
    picture.data[4 * i + 3] = 255;
  }
  ctx.putImageData(picture, 0, 0);
}
