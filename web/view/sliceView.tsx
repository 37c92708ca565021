// A slice of the loss as contours, with the ways of the rules projected on it.
import { effect } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { type SliceName, slices } from '../core/state.js';
import { bands, levelsOf, lineOf } from './contours.js';
import { percent } from './funnelPlot.js';
import { ink, looksOf, outline } from './look.js';
import { short } from './numbers.js';
import { grownRace, race, raceRules, slice } from './race.js';
import { Sample } from './rules.js';
import { change, isDone, playhead } from './store.js';
import { scheme } from './theme.js';
import { Wide } from './wide.js';

export function SliceView() {
  const id = useId();
  const { slice: name } = race.value;
  const shown = slice.value?.name === name ? slice.value : null;
  return (
    <figure class="slice">
      <figcaption>
        <label for={id}>A slice of the loss</label>{' '}
        <select
          id={id}
          value={name ?? ''}
          onChange={({ currentTarget }) =>
            change({ slice: currentTarget.value === '' ? undefined : (currentTarget.value as SliceName) })
          }
        >
          <option value="">none</option>
          {Object.entries(slices).map(([key, about]) => (
            <option key={key} value={key}>
              {about}
            </option>
          ))}
        </select>
      </figcaption>
      {name && !shown && (
        <p class="note">{isDone.value ? 'Computing the slice' : 'The slice is computed when the race has ended.'}</p>
      )}
      {shown && <Drawn />}
    </figure>
  );
}

function Drawn() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isDue = false;
    const ask = () => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        if (canvas.current) draw(canvas.current);
      });
    };
    const stop = effect(() => {
      void [grownRace.value, slice.value, playhead.value, scheme.value];
      ask();
    });
    const watcher = new ResizeObserver(ask);
    watcher.observe(canvas.current!);
    return () => {
      stop();
      watcher.disconnect();
    };
  }, []);
  const { name, ways, field } = slice.value!;
  const looks = looksOf(raceRules.value);
  const least = field.values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = field.values.reduce((a, b) => Math.max(a, b), -Infinity);
  return (
    <>
      <canvas
        class="contours"
        ref={canvas}
        role="img"
        aria-label={`Contours of the loss on the slice, from ${short(least, 3)} to ${short(most, 3)}, with the way of each rule from the common start. The table below has their ends.`}
      />
      <p class="note">
        {name === 'ends'
          ? 'The plane goes through the start, the end of the first rule and the end of the second. What other rules do outside it is not seen.'
          : 'Two random directions of the seed, as long as the weights. Of a way in so many dimensions, a plane like this holds almost nothing.'}{' '}
        Loss of the slice: {short(least, 3)} to {short(most, 3)}.
      </p>
      <Wide label="Ends on the slice">
        <table>
          <caption>Where each rule ends</caption>
          <thead>
            <tr>
              {['rule', 'along 1', 'along 2', 'its loss', 'in the plane'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ways.map(({ a, b, loss, share }, i) => (
              <tr key={looks[i].title}>
                <th scope="row">
                  <Sample look={looks[i]} /> {looks[i].title}
                </th>
                {[a.at(-1)!, b.at(-1)!, loss].map((v, j) => (
                  <td key={j} data-value={v}>
                    {short(Math.abs(v) < 1e-9 ? 0 : v, 3)}
                  </td>
                ))}
                <td data-value={share}>{percent(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function draw(canvas: HTMLCanvasElement): void {
  const shown = slice.value;
  const ratio = Math.min(2, devicePixelRatio || 1);
  const side = Math.round(canvas.clientWidth * ratio);
  if (!shown || side === 0) return;
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  const ctx = canvas.getContext('2d')!;
  const { field, ways, steps } = shown;
  const levels = levelsOf(field);
  const channels = (name: string) => [1, 3, 5].map((i) => Number.parseInt(ink(name).slice(i, i + 2), 16));
  ctx.putImageData(bands(field, levels, side, side, channels('low'), channels('high')), 0, 0);
  ctx.strokeStyle = ink('contour');
  ctx.lineWidth = ratio;
  for (const level of levels) {
    const path = new Path2D();
    path.addPath(lineOf(field, level), new DOMMatrix([side, 0, 0, -side, 0, side]));
    ctx.stroke(path);
  }
  const [x0, x1, y0, y1] = field.box;
  const place = (a: number, b: number): [number, number] => [
    (side * (a - x0)) / (x1 - x0),
    (side * (y1 - b)) / (y1 - y0),
  ];
  const looks = looksOf(raceRules.value);
  ways.forEach(({ a, b }, i) => {
    const last = Math.max(0, steps.filter((step, j) => j < a.length && step <= playhead.value).length - 1);
    const path = new Path2D();
    for (let j = 0; j <= last; j++) path.lineTo(...place(a[j], b[j]));
    ctx.lineJoin = 'round';
    ctx.setLineDash([]);
    ctx.strokeStyle = ink('halo');
    ctx.lineWidth = 4.5 * ratio;
    ctx.stroke(path);
    ctx.strokeStyle = ink(looks[i].colour);
    ctx.lineWidth = 2.25 * ratio;
    ctx.setLineDash(looks[i].dash.map((v) => v * ratio));
    ctx.stroke(path);
    ctx.setLineDash([]);
    outline(ctx, looks[i].marker, ...place(a[last], b[last]), 5.5 * ratio);
    ctx.fillStyle = ink(looks[i].colour);
    ctx.fill();
    ctx.strokeStyle = ink('paper');
    ctx.lineWidth = 1.5 * ratio;
    ctx.stroke();
  });
}
