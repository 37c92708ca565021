// The file of --reference: published curves to draw over the test accuracies.
import { asReference, type Reference } from '../../reports/poster/reference.js';
import { refuse } from '../failure.js';
import { readNamedJson } from '../namedFile.js';

/** The largest size of the file in bytes. */
const LARGEST = 2 ** 24;

/** Reads the file. Throws Failure if it cannot be read or has another format. */
export function readReference(path: string): Reference {
  const reference = asReference(readNamedJson('--reference', path, LARGEST));
  if (reference) return reference;
  throw refuse(`--reference: '${path}': not curves: it takes { source, curves: [{ model, optimizer, test_acc }] }`);
}
