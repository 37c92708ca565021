// The file of --reference: published curves to draw over the test accuracies.
import { readRegularFile } from '../../node/ownFile.js';
import { reasonOf } from '../../node/systemError.js';
import { asReference, type Reference } from '../../reports/poster/reference.js';
import { refuse } from '../failure.js';

/** The largest size of the file in bytes. */
const LARGEST = 2 ** 24;

/** Reads the file. Throws Failure if it cannot be read or has another format. */
export function readReference(path: string): Reference {
  let json: unknown;
  try {
    json = JSON.parse(readRegularFile(path, LARGEST).toString());
  } catch (error) {
    throw refuse(`--reference: cannot be read: '${path}': ${reasonOf(error)}`, error);
  }
  const reference = asReference(json);
  if (reference) return reference;
  throw refuse(`--reference: '${path}': not curves: it takes { source, curves: [{ model, optimizer, test_acc }] }`);
}
