// Downloads a file of known length over HTTP, through connections that break. Uses the web platform's fetch only.
//
//   request      Range: bytes=at-            if earlier bytes are on the disk
//   response     206, Content-Range: bytes at-../length     the rest
//                200                                        the whole file: the server ignores ranges
//
// After a broken or silent connection the next one continues where it ended. The request has no ETag: the caller checks the
// sum of the whole file, which detects a mix of two versions and accepts pieces from two mirrors.
//
// Source: RFC 9110, section 14.
import { DataError, type Signal } from '../../core/index.js';

/** Bytes, and their position in the file. */
export interface Piece {
  at: number;
  bytes: Uint8Array;
}

export interface DownloadOptions {
  /** Length of the whole file, in bytes. */
  length: number;
  /** Bytes that the caller has already. Default: 0. */
  start?: number;
  /** Stops the download when aborted. */
  signal?: Signal;
  /** Milliseconds without a byte after which a connection counts as broken. Default: 30000. */
  silence?: number;
  /** Milliseconds before the next try; doubled before each further one until a new byte arrives. Default: 500. */
  pause?: number;
}

/** The number of failed connections in a row without a new byte after which the download fails. */
const TRIES = 5;

/** Yields the pieces of a file from `start` on, in order; from 0 again if the server sends the whole file.
 *  Throws DataError if the address cannot be requested, if its host is unknown, if the server refuses, has a file of another
 *  length, or sends nothing new five times in a row. Throws the signal's reason if the signal is aborted. */
export async function* download(url: string, options: DownloadOptions): AsyncGenerator<Piece> {
  const { length, start = 0, signal, pause = 500 } = options;
  let at = start;
  let furthest = start;
  let wait = pause;
  for (let tries = 1; ; tries++) {
    try {
      for await (const piece of connection(url, at, options)) {
        yield piece;
        at = piece.at + piece.bytes.length;
        if (at === length) return;
        if (at > furthest) [furthest, tries, wait] = [at, 0, pause];
      }
      throw new Error(`it ended after ${at} of ${length} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DataError) throw error;
      if (isImpossible(error)) throw new DataError(`${url}: cannot be requested: ${reasonOf(error)}`, { cause: error });
      if (codeOf(error) === 'ENOTFOUND') {
        const why = 'no address is known for this host; tried once: is the name right, and is there a network?';
        throw new DataError(`${url}: ${why}`, { cause: error });
      }
      if (tries === TRIES) {
        const why = `the connection fails: ${reasonOf(error)}; ${at} of ${length} bytes after ${TRIES} tries`;
        throw new DataError(`${url}: ${why}`, { cause: error });
      }
      await sleep(wait, signal);
      wait *= 2;
    }
  }
}

/** The pieces that one connection delivers. Throws DataError for a failure that would repeat, and another error for one that
 *  may pass. */
async function* connection(url: string, start: number, options: DownloadOptions): AsyncGenerator<Piece> {
  const { length, silence = 30_000 } = options;
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  /** Awaits an answer of the server, at most for `silence` milliseconds. */
  const within = async <T>(answer: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => abort.abort(new Error(`nothing came for ${silence / 1000} s`)), silence);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  };
  // Without `identity` a server may compress the file once more; lengths and ranges would then count compressed bytes.
  const headers = { 'Accept-Encoding': 'identity', ...(start > 0 && { Range: `bytes=${start}-` }) };
  try {
    const response = await within(fetch(url, { headers, signal }));
    let at = positionOf(response, url, start, length);
    const reader = response.body!.getReader();
    for (let next = await within(reader.read()); !next.done; next = await within(reader.read())) {
      const bytes = next.value;
      if (at + bytes.length > length) throw new DataError(`${url}: another file: it is longer than ${length} bytes`);
      yield { at, bytes };
      at += bytes.length;
    }
  } finally {
    // Closes the connection if the caller stops before its end.
    abort.abort();
  }
}

/** The position in the file at which the body of a response begins. Throws for a response of another file or part. */
function positionOf(response: Response, url: string, start: number, length: number): number {
  const { status, statusText, headers } = response;
  const answer = `the server answered ${status} ${statusText}`.trim();
  if (status >= 500 || status === 408 || status === 429) throw new Error(answer);
  if (status !== 200 && status !== 206) throw new DataError(`${url}: ${answer}`);
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') throw new DataError(`${url}: the server compressed it once more, as ${coding}`);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status === 206 && range?.[1] !== String(start)) {
    const sent = headers.get('content-range') ?? 'without Content-Range';
    throw new DataError(`${url}: the server sent another part: ${sent}; requested: ${start}-`);
  }
  const total = status === 206 ? range![2] : (headers.get('content-length') ?? '*');
  if (total !== '*' && Number(total) !== length) {
    throw new DataError(`${url}: another file: it has ${total} bytes, expected ${length}`);
  }
  return status === 206 ? start : 0;
}

/** Whether fetch refuses the address itself, for example one with port 1, so that a second try would fail too. */
function isImpossible(error: unknown): boolean {
  const { cause } = error as Error & { cause?: Error };
  return cause?.message === 'bad port' || ['ERR_INVALID_URL', 'UND_ERR_INVALID_ARG'].includes(codeOf(error) ?? '');
}

/** The system's code of a failure. EAI_AGAIN (the name server did not answer) may be temporary; ENOTFOUND
 *  (it answered that the name does not exist) is not. */
function codeOf(error: unknown): string | undefined {
  return (error as Error & { cause?: Error & { code?: string } }).cause?.code;
}

/** Node's fetch throws `fetch failed`, with the reason as its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.message || cause?.code || message;
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
