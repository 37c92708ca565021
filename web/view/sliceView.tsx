// A slice of the loss as contours, with the paths of the rules projected on it.
import { useId } from 'preact/hooks';
import { type SliceName, slices } from '../core/state.js';
import { drawContours } from './contours.js';
import { drawMarker, pixelRatio, strokeTwice, useDrawing } from './drawing.js';
import { Select } from './fields.js';
import { percent } from './funnelPlot.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { grownRace, race, raceRules, slice } from './race.js';
import { Sample } from './rules.js';
import { change, isDone, playhead } from './state.js';
import { Cell, Table } from './table.js';

export function SliceView() {
  const id = useId();
  const { slice: name } = race.value;
  const shown = slice.value?.name === name ? slice.value : null;
  return (
    <figure class="slice">
      <figcaption>
        <label for={id}>A slice of the loss</label>{' '}
        <Select
          id={id}
          value={name ?? ''}
          options={[['', 'none'], ...Object.entries(slices).map(([key, about]) => [key as SliceName, about] as const)]}
          onChange={(next) => change({ slice: next || undefined })}
        />
      </figcaption>
      {name && !shown && (
        <p class="note">{isDone.value ? 'Computing the slice' : 'The slice is computed when the race has ended.'}</p>
      )}
      {shown && <Drawn />}
    </figure>
  );
}

function Drawn() {
  const canvas = useDrawing(draw, () => void [grownRace.value, slice.value, playhead.value]);
  const { name, trajectories, field } = slice.value!;
  const looks = looksOf(raceRules.value);
  const least = field.values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = field.values.reduce((a, b) => Math.max(a, b), -Infinity);
  return (
    <>
      <canvas
        class="contours"
        ref={canvas}
        role="img"
        aria-label={`Contours of the loss on the slice, from ${short(least, 3)} to ${short(most, 3)}, with the path of each rule from the common start. The table below has their ends.`}
      />
      <p class="note">
        {name === 'ends'
          ? 'The plane goes through the start, the end of the first rule and that of the second; a single rule has a random second direction. In plane: the share of the squared distance from a rule’s start to its end that lies in the plane.'
          : 'Two random directions, drawn with the seed and scaled to the weights. With so many dimensions, a plane like this contains almost nothing of a path.'}{' '}
        Loss of the slice: {short(least, 3)} to {short(most, 3)}.
      </p>
      <Table
        label="Ends on the slice"
        caption="Where each rule ends"
        heads={['rule', 'along 1', 'along 2', 'loss', 'in plane']}
      >
        {trajectories.map(({ a, b, loss, share }, i) => (
          <tr key={looks[i].title}>
            <th scope="row">
              <Sample look={looks[i]} /> {looks[i].title}
            </th>
            {[a.at(-1)!, b.at(-1)!, loss].map((v, j) => (
              <Cell key={j} value={v} text={short(Math.abs(v) < 1e-9 ? 0 : v, 3)} />
            ))}
            <Cell value={share} text={percent(share)} />
          </tr>
        ))}
      </Table>
    </>
  );
}

function draw(canvas: HTMLCanvasElement): void {
  const shown = slice.value;
  const ratio = pixelRatio();
  const side = Math.round(canvas.clientWidth * ratio);
  if (!shown || side === 0) return;
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  const { field, trajectories, steps } = shown;
  drawContours(canvas, field, ratio);
  const [x0, x1, y0, y1] = field.box;
  const place = (a: number, b: number): [number, number] => [
    (side * (a - x0)) / (x1 - x0),
    (side * (y1 - b)) / (y1 - y0),
  ];
  const ctx = canvas.getContext('2d')!;
  const looks = looksOf(raceRules.value);
  trajectories.forEach(({ a, b }, i) => {
    const last = Math.max(0, steps.filter((step, j) => j < a.length && step <= playhead.value).length - 1);
    const path = new Path2D();
    for (let j = 0; j <= last; j++) path.lineTo(...place(a[j], b[j]));
    strokeTwice(ctx, path, looks[i].colour, 2.25, ratio, looks[i].dash);
    drawMarker(ctx, looks[i], ...place(a[last], b[last]), ratio);
  });
}
