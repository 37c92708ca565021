// Checksums of the two parts of the data, by which a report finds out whether runs had the same samples.
import { sizeOf } from '../core/index.js';
import { type AnyDataset, samplesOf } from '../datasets/dataset.js';
import { crc32, hex } from '../fit/crc32.js';
import type { RunRecord } from '../reports/record.js';
import type { Split } from './datasets.js';

/** The most values of inputs that are read of each part. */
const NUMBERS = 2 ** 22;
/** Samples that are read at a time. */
const BATCH = 256;

/** Two checksums. train: of the training samples, prepared but not augmented. test: of the indices of the test samples in the whole data
 *  set, and of their classes; the preparation of samples does not change it. Of a large part, only some samples are read, spread evenly. */
export async function dataChecksums({ train, test }: Split): Promise<RunRecord['data']['checksums']> {
  const places = sumOfList(Int32Array.from(samplesOf(test).at));
  return {
    train: hex(await sumOf(train, ({ inputs, labels, targets }) => [inputs, targets ?? labels])),
    test: hex(await sumOf(test, ({ labels }) => (labels ? [labels] : []), places)),
  };
}

type Batch = Awaited<ReturnType<AnyDataset['batch']>>;
type List = Float32Array | Int32Array;

/** The checksum of lists of the samples. before: the checksum of what comes first. */
async function sumOf(data: AnyDataset, listsOf: (batch: Batch) => List[], before = 0): Promise<number> {
  const n = Math.min(data.length, Math.ceil(NUMBERS / sizeOf(data.shape)));
  const indices = Int32Array.from({ length: n }, (_, i) => Math.floor((i * data.length) / n));
  let sum = before;
  for (let from = 0; from < n; from += BATCH)
    for (const list of listsOf(await data.batch(indices.subarray(from, from + BATCH)))) sum = sumOfList(list, sum);
  return sum;
}

function sumOfList({ buffer, byteOffset, byteLength }: List, before = 0): number {
  return crc32(new Uint8Array(buffer, byteOffset, byteLength), before);
}
