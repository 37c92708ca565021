// Random values of parameters.
import { defaultRandom, noGrad, type Random, type Stream, type Tensor } from '../core/index.js';

/** Fills t with numbers from the stream `init`, and returns it. random: Default: the default Random. */
export function fill(t: Tensor, random: Random | undefined, draw: (stream: Stream) => number): Tensor {
  const stream = (random ?? defaultRandom()).stream('init');
  const values = new Float64Array(t.size);
  for (let i = 0; i < values.length; i++) values[i] = draw(stream);
  return noGrad(() => t.assign(values));
}
