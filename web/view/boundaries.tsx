// The plane of the points as each net sees it: the probability of the second class, the line where both classes are equally probable,
// and the test points.
import { PLANE, planeBox } from '../core/raceTasks.js';
import { lineOf } from './contours.js';
import { channelsOf, pixelRatio, strokeTwice, useDrawing } from './drawing.js';
import { ink, type Look, looksOf } from './look.js';
import { grownRace, marks, measuredAt, raced, raceRules, samples, shownScore } from './race.js';
import { RuleFigure } from './rules.js';
import { shownStep } from './state.js';

export function Boundaries() {
  grownRace.value;
  if (marks.value.length === 0) return <div class="missing" />;
  return (
    <div class="panels" data-count={raceRules.value.length}>
      {looksOf(raceRules.value).map((look, i) => (
        <Boundary key={look.title} look={look} rule={i} />
      ))}
    </div>
  );
}

function Boundary({ look, rule }: { look: Look; rule: number }) {
  const canvas = useDrawing(
    (element) => draw(element, look, rule),
    () => void [grownRace.value, shownStep.value, samples.value],
    [look.title, rule],
  );
  const found = measuredAt(shownStep.value, rule);
  const wrong = found && wrongOf(found.measured.answers);
  const [x0, x1, y0, y1] = planeBox[dataOfPoints()];
  return (
    <RuleFigure look={look}>
      <canvas
        class="boundary"
        ref={canvas}
        style={{ aspectRatio: `${x1 - x0} / ${y1 - y0}` }}
        role="img"
        aria-label={`The plane as the net of ${look.title} divides it. ${wrong} of ${samples.value?.labels.length} test points lie on the wrong side.`}
      />
      {found && (
        <p class="note">
          After step {found.step}: {shownScore(found.measured.score)} right, <span class="ring" /> {wrong} wrong
        </p>
      )}
    </RuleFigure>
  );
}

const dataOfPoints = () => (raced.value?.data === 'moons' ? 'moons' : 'spirals');

const wrongOf = (answers?: Uint8Array) =>
  answers?.reduce((sum, answer, i) => sum + Number(answer !== samples.value?.labels[i]), 0);

function draw(canvas: HTMLCanvasElement, { colour }: Look, rule: number): void {
  const ratio = pixelRatio();
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((v) => Math.round(v * ratio));
  const found = measuredAt(shownStep.value, rule)?.measured;
  if (width === 0 || !found?.plane) return;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const ctx = canvas.getContext('2d')!;
  const [low, high] = [channelsOf('low'), channelsOf('high')];
  const small = new OffscreenCanvas(PLANE, PLANE);
  const image = new ImageData(PLANE, PLANE);
  for (let i = 0; i < PLANE * PLANE; i++) {
    // Row 0 is the lowest y, the last row of the image.
    const share = found.plane[(PLANE - 1 - Math.floor(i / PLANE)) * PLANE + (i % PLANE)] / 255;
    image.data.set([...low.map((c, j) => c + share * (high[j] - c)), 255], 4 * i);
  }
  small.getContext('2d')!.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = true;
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(small, 0, 0, width, height);
  const [x0, x1, y0, y1] = planeBox[dataOfPoints()];
  const field = {
    columns: PLANE,
    rows: PLANE,
    box: [0, 1, 0, 1] as const,
    values: Float64Array.from(found.plane, (v) => v / 255),
  };
  strokeTwice(ctx, lineOf(field, 0.5, width, height), colour, 2.5, ratio);
  const { points, labels } = samples.value ?? {};
  if (!points || !labels) return;
  const size = Math.max(1.5, Math.min(2.6, canvas.clientWidth / 130)) * ratio;
  for (let i = 0; i < labels.length; i++) {
    const [x, y] = [(width * (points[2 * i] - x0)) / (x1 - x0), (height * (y1 - points[2 * i + 1])) / (y1 - y0)];
    ctx.beginPath();
    ctx.arc(x, y, size, 0, 2 * Math.PI);
    ctx.strokeStyle = ink('ink');
    ctx.lineWidth = ratio;
    ctx.fillStyle = ink(labels[i] === 1 ? 'ink' : 'paper');
    ctx.fill();
    ctx.stroke();
    if (found.answers && found.answers[i] !== labels[i]) {
      ctx.beginPath();
      ctx.arc(x, y, size + 2.5 * ratio, 0, 2 * Math.PI);
      ctx.strokeStyle = ink('wrong');
      ctx.lineWidth = 1.5 * ratio;
      ctx.stroke();
    }
  }
}
