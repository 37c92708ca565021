// Unpacks the embedded data.
import { type Bytes, DataError } from '../core/index.js';

/** The bytes in a gzip file. Throws DataError if they are damaged, or if their number is not `length`. what: the name of the data, for
 *  messages. */
export async function gunzip(what: string, packed: Bytes, length: number): Promise<Uint8Array> {
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    if (bytes.length === length) return bytes;
    throw new Error(`${bytes.length} bytes, expected ${length}`);
  } catch (error) {
    throw new DataError(`${what}: the embedded data are damaged: ${(error as Error).message}`, { cause: error });
  }
}
