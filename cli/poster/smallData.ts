// Shrinks data sets for --quick: fewer images, with a quarter of the pixels.
import { type Dataset, subset } from '../../datasets/index.js';

/** The first `count` samples of a data set, or all if null. In the embedded sample the classes alternate, so the result is balanced. */
export function first(set: Dataset, count: number | null): Dataset {
  if (count === null || count >= set.length) return set;
  return subset(
    set,
    Int32Array.from({ length: count }, (_, i) => i),
  );
}

/** A data set, in memory, with images of half the height and width. Each pixel is the mean of 2 x 2 pixels. */
export async function halved(set: Dataset): Promise<Dataset> {
  const { name, length, classes, preparation } = set;
  const [channels, rows, columns] = set.shape;
  const { inputs, labels } = await set.batch(Int32Array.from({ length: set.length }, (_, i) => i));
  const [h, w] = [rows >> 1, columns >> 1];
  const size = channels * h * w;
  const small = new Float32Array(set.length * size);
  for (let i = 0; i < small.length; i++) {
    const [plane, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    const at = plane * rows * columns + 2 * y * columns + 2 * x;
    small[i] = (inputs[at] + inputs[at + 1] + inputs[at + columns] + inputs[at + columns + 1]) / 4;
  }
  return {
    name,
    length,
    classes,
    preparation,
    shape: [channels, h, w],
    batch: (indices) => {
      const chosen = Array.from(indices);
      const batch = new Float32Array(chosen.length * size);
      chosen.forEach((index, k) => batch.set(small.subarray(index * size, (index + 1) * size), k * size));
      return { inputs: batch, labels: Int32Array.from(chosen, (index) => labels[index]) };
    },
  };
}
