// Reads a stream, such as standard input, up to a limit.
import { DataError } from '../core/index.js';
import { reasonOf } from './systemError.js';

/** The bytes of a stream. Throws DataError if there are more than `limit`, or if it cannot be read. name: the stream's, for messages. */
export async function readStream(stream: AsyncIterable<Uint8Array>, limit: number, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of stream) {
      size += piece.length;
      // Leaving the loop closes the stream.
      if (size > limit) break;
      pieces.push(piece);
    }
  } catch (error) {
    throw new DataError(`${name}: cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  if (size > limit) throw new DataError(`${name}: too large: more than ${limit} bytes; give a file`);
  return Buffer.concat(pieces);
}
