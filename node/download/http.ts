// A file over HTTP, whose length is known, through connections that break. On the web platform alone.
//
//   asked        Range: bytes=at-            where bytes are there already
//   answered     206, Content-Range: bytes at-../length     the rest
//                200                                        the whole: this server does not continue, or the file is new
//
// A broken or silent connection is taken up again where it ended. No ETag is asked for: whoever puts the pieces together
// checks the sum of the whole, which also notices parts of two versions and lets parts of two mirrors pass.
//
// Source: RFC 9110, section 14.
import { DataError } from '../../core/index.js';

/** Bytes and where in the file they belong. */
export interface Piece {
  at: number;
  bytes: Uint8Array;
}

export interface DownloadOptions {
  /** Bytes of the whole file. */
  length: number;
  /** Bytes that are there already. */
  start?: number;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which a connection counts as broken; 30,000 where left out. */
  silence?: number;
  /** Milliseconds before the second try; each further one waits twice as long. 500 where left out. */
  pause?: number;
}

/** Connections in a row that may bring nothing new. */
const TRIES = 5;

/** The pieces of a file from `start` on, in order; from 0 again where the server sends the whole. Ends with the last byte.
 *  Throws DataError where the server refuses, has a file of another length, or brings nothing new five times in a row; the
 *  signal's reason where that was aborted. */
export async function* download(url: string, options: DownloadOptions): AsyncGenerator<Piece> {
  const { length, start = 0, signal, pause = 500 } = options;
  let at = start;
  let furthest = start;
  for (let tries = 1; ; tries++) {
    try {
      for await (const piece of connection(url, at, options)) {
        yield piece;
        at = piece.at + piece.bytes.length;
        if (at === length) return;
        if (at > furthest) [furthest, tries] = [at, 0];
      }
      throw new Error(`it ended after ${at} of ${length} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DataError) throw error;
      if (tries === TRIES) {
        const why = `no connection that lasts: ${reasonOf(error)}; ${at} of ${length} bytes after ${TRIES} tries`;
        throw new DataError(`${url}: ${why}`, { cause: error });
      }
      await sleep(pause * 2 ** (tries - 1), signal);
    }
  }
}

/** What one connection brings. Throws DataError for what another would not mend, and anything else for what it might. */
async function* connection(url: string, start: number, options: DownloadOptions): AsyncGenerator<Piece> {
  const { length, silence = 30_000 } = options;
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  /** The timer runs only while something is awaited from the server. */
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => abort.abort(new Error(`nothing came for ${silence / 1000} s`)), silence);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  };
  // Without `identity` a server may pack what is packed already, and lengths and ranges would be those of the packing.
  const headers = { 'Accept-Encoding': 'identity', ...(start > 0 && { Range: `bytes=${start}-` }) };
  try {
    const response = await heard(fetch(url, { headers, signal }));
    let at = beginning(response, url, start, length);
    const reader = response.body!.getReader();
    for (let next = await heard(reader.read()); !next.done; next = await heard(reader.read())) {
      const bytes = next.value;
      if (at + bytes.length > length) throw new DataError(`${url}: another file: it is longer than ${length} bytes`);
      yield { at, bytes };
      at += bytes.length;
    }
  } finally {
    // Closes a connection that is left before its end.
    abort.abort();
  }
}

/** Where in the file the body of a response begins. */
function beginning(response: Response, url: string, start: number, length: number): number {
  const { status, statusText, headers } = response;
  const answer = `the server answered ${status} ${statusText}`.trim();
  if (status >= 500 || status === 408 || status === 429) throw new Error(answer);
  if (status !== 200 && status !== 206) throw new DataError(`${url}: ${answer}`);
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') throw new DataError(`${url}: the server sends it packed once more, as ${coding}`);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status === 206 && range?.[1] !== String(start)) {
    throw new DataError(
      `${url}: the server sent another part: ${headers.get('content-range')}; asked for was ${start}-`,
    );
  }
  const total = status === 206 ? range![2] : (headers.get('content-length') ?? '*');
  if (total !== '*' && Number(total) !== length) {
    throw new DataError(`${url}: another file: it has ${total} bytes, expected ${length}`);
  }
  return status === 206 ? start : 0;
}

/** Undici says `fetch failed` and keeps what happened in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.message || cause?.code || message;
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    signal?.addEventListener('abort', end, { once: true });
  });
}
