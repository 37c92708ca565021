// Repetitions: of the whole tensor, or of each element.

import { atMost, checkTensor, must } from '../arguments.js';
import { axisOf } from '../operands.js';
import { tryAllocate } from '../outOfMemory.js';
import type { Tensor } from '../tensor.js';
import { broadcastTo } from './broadcast.js';
import { ofValues } from './fill.js';
import { indexSelect } from './gather.js';
import { flatten, reshape, unsqueeze } from './view.js';

/** Returns x laid side by side along each axis, like np.tile and PyTorch's Tensor.repeat: tile([1, 2], 2) is [1, 2, 1, 2].
 *  counts: the number of repetitions along each axis, or one number for the last axis. Fewer counts than axes belong to the last axes;
 *  more add leading axes.
 *  Throws ValueError unless counts is an integer >= 0 or one list of such integers. */
export function tile(x: Tensor, counts: number | readonly number[], ...more: never[]): Tensor {
  checkTensor('tile', x);
  must(more.length === 0, 'tile: counts', 'one list, as [2, 3]', [counts, ...more]);
  const given = typeof counts === 'number' ? [counts] : counts;
  must(Array.isArray(given) && given.every(isCount), 'tile: counts', 'integers of at least 0, one an axis', counts);
  const ndim = Math.max(x.ndim, given.length);
  const sizes = [...ones(ndim - x.ndim), ...x.shape];
  const times = [...ones(ndim - given.length), ...given];
  const apart = reshape(
    x,
    sizes.flatMap((d) => [1, d]),
  );
  const repeated = broadcastTo(
    apart,
    sizes.flatMap((d, i) => [times[i], d]),
  );
  return reshape(
    repeated,
    sizes.map((d, i) => d * times[i]),
  );
}

/** Returns x with each slice along an axis repeated in place, like np.repeat and PyTorch's repeat_interleave:
 *  repeat([1, 2], 2) is [1, 1, 2, 2]. counts: the number of times, one for all slices, or a list with one for each.
 *  Without an axis, the elements of the flattened tensor are repeated. Throws ValueError unless each count is an integer >= 0, and for a list of
 *  another length than the axis. */
export function repeat(x: Tensor, counts: number | readonly number[], axis?: number): Tensor {
  atMost(3, 'repeat', arguments);
  const along = axis === undefined ? 0 : axisOf('repeat', x, axis);
  const y = axis === undefined ? flatten(checkTensor('repeat', x)) : x;
  const d = y.shape[along];
  if (typeof counts === 'number') {
    must(isCount(counts), 'repeat: counts', 'an integer of at least 0', counts);
    const apart = unsqueeze(y, along + 1);
    const repeated = broadcastTo(
      apart,
      apart.shape.map((n, i) => (i === along + 1 ? counts : n)),
    );
    return reshape(
      repeated,
      y.shape.map((n, i) => (i === along ? n * counts : n)),
    );
  }
  const fits = Array.isArray(counts) && counts.length === d && counts.every(isCount);
  must(fits, 'repeat: counts', `an integer of at least 0, or a list of ${d}`, counts);
  const total = counts.reduce((a, b) => a + b, 0);
  const from = tryAllocate('repeat', [total], 'float64', () => new Float64Array(total));
  let end = 0;
  for (let i = 0; i < d; i++) from.fill(i, end, (end += counts[i]));
  return indexSelect(y, along, ofValues([total], from, 'int32', x));
}

const ones = (n: number) => new Array<number>(n).fill(1);
const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
