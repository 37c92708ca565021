// The file of --reference: published curves to draw over the test accuracies.
import { DataError } from '../../core/index.js';
import { readRegularFile } from '../../node/ownFile.js';
import { attemptRead } from '../../node/systemError.js';
import { asReference, type Reference } from '../../reports/poster/reference.js';
import { refuse } from '../failure.js';

/** The largest size of the file in bytes. */
const LARGEST = 2 ** 24;

/** Reads the file. Throws Failure if it cannot be read or has another format. */
export function readReference(path: string): Reference {
  let json: unknown;
  try {
    json = JSON.parse(attemptRead(path, () => readRegularFile(path, LARGEST)).toString());
  } catch (error) {
    throw refuse(`--reference: ${error instanceof DataError ? '' : `'${path}': `}${(error as Error).message}`, error);
  }
  const reference = asReference(json);
  if (reference) return reference;
  throw refuse(`--reference: '${path}': not curves: it takes { source, curves: [{ model, optimizer, test_acc }] }`);
}
