// The tensors of a batch, after its arrays are compared with the shapes that the data set states.
import { DataError, type DType, describeValue, type Shape, sizeOf, type Tensor, tensor } from '../core/index.js';
import { type AnyBatch, type AnyDataset, checkLabels, type Inputs, isList } from './dataset.js';

/** The inputs and targets of a batch as tensors: x float32 [n, ...shape], int32 for tokens, or a list of them; y int32
 *  [n, ...labelShape] of classes, or float32 [n, ...targetShape] of values. Throws DataError unless the batch has n samples of the shapes of the data set. */
export function tensorsOf(dataset: AnyDataset, batch: AnyBatch, n: number): [x: Inputs, y: Tensor] {
  const { name, classes, shapes, targetShape, labelShape = [], dtype = 'float32' } = dataset;
  const { inputs, labels, targets } = (batch ?? {}) as Partial<Record<'inputs' | 'labels' | 'targets', unknown>>;
  const all = shapes ? (Array.isArray(inputs) ? inputs : []) : [inputs];
  const parts: [what: string, values: unknown, shape: Shape, dtype: DType][] = (shapes ?? [dataset.shape]).map(
    (shape, i) => [shapes ? `inputs[${i}]` : 'inputs', all[i], [n, ...shape], dtype],
  );
  parts.push(
    targetShape
      ? ['targets', targets, [n, ...targetShape], 'float32']
      : ['labels', labels, [n, ...labelShape], 'int32'],
  );
  const odd = parts.find(([, values, shape]) => !isList(values) || values.length !== sizeOf(shape));
  if (odd) {
    const [what, values, shape] = odd;
    const got = isList(values) ? `${values.length} numbers` : describeValue(values);
    const whole = `{ ${shapes ? 'inputs: [..]' : 'inputs'}, ${targetShape ? 'targets' : 'labels'} }`;
    throw new DataError(`${name}: batch() must return ${whole} with ${what} of shape [${shape}]: got ${got}`);
  }
  if (!targetShape) checkLabels(name, labels as Int32Array, classes.length, labelShape.length ? 'position' : 'sample');
  const made = parts.map(([, values, shape, dtype]) => tensor(values as Float32Array, { shape, dtype }));
  const y = made.pop()!;
  // The mark tells layers that read axis 0 as steps, and `predict`, that this is a batch: 'batch', or 'Batch' if it is standardized.
  for (const { storage } of made) storage.made = dataset.preparation?.inputs ? 'Batch' : 'batch';
  return [shapes ? made : made[0], y];
}
