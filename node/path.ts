// Paths that a program gives: text, or a URL of a file.
import { fileURLToPath } from 'node:url';
import { describeValue, ValueError } from '../core/index.js';

/** A path, or a URL of a file, for example `new URL('data', import.meta.url)`. */
export type FilePath = string | { readonly href: string };

/** Returns the path. `file:` URLs are converted. Throws ValueError for anything else, and for an empty path. */
export function pathOf(what: string, path: FilePath): string {
  const text = typeof path === 'string' ? path : path?.href;
  const refuse = (why: string, cause?: unknown) => new ValueError(`${what}: ${why}`, { cause });
  if (typeof text !== 'string' || text === '')
    throw refuse(`a path must be a text or a file: URL: got ${text === '' ? 'an empty text' : describeValue(path)}`);
  if (text.includes('\0')) throw refuse('a path must not have a zero byte');
  if (!text.startsWith('file:')) {
    if (typeof path !== 'string' || /^https?:\/\//.test(text))
      throw refuse(`not a path: ${text}; give a path or a file: URL`);
    return text;
  }
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw refuse(`not a path: ${text}: ${(cause as Error).message}`, cause);
  }
}
