// Misuses as a table: what is done, the call, and what it does.
import { BoundgradError } from '../../core/index.js';
import { assert, type subject } from '../spec.js';

/** What a misuse does: throws an error of the project, prints a warning, or is fine and returns this. */
export type Does = { refused: RegExp } | { warned: RegExp } | { fine: unknown };

/** A misuse in a few words, the call, and what it does. */
export type Misuse = [sentence: string, call: () => unknown, does: Does];

/** The error of the project that a call throws or rejects with. Fails if it returns, or if the error is another. */
export async function refusalOf(call: () => unknown): Promise<BoundgradError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof BoundgradError, String(error));
    return error as BoundgradError;
  }
  throw new Error('nothing was thrown');
}

/** A test for each misuse. What is refused is refused with one error; what is fine prints nothing. */
export function testMisuses(test: ReturnType<typeof subject>, misuses: readonly Misuse[]): void {
  for (const [sentence, call, does] of misuses) {
    const what = 'refused' in does ? 'refused' : 'warned' in does ? 'one warning' : 'as documented';
    test(`${sentence}: ${what}`, async () => {
      const { warn } = console;
      const said: string[] = [];
      console.warn = (text: string) => said.push(text);
      let result: any;
      let error: unknown;
      try {
        result = await call();
      } catch (thrown) {
        error = thrown;
      } finally {
        console.warn = warn;
      }
      if ('refused' in does) {
        assert.ok(error instanceof BoundgradError, String(error));
        assert.match(error.message, does.refused);
      } else {
        if (error) throw error;
        if ('warned' in does) assert.match(said.join('\n'), does.warned);
        else {
          assert.equal(said, []);
          if (does.fine !== undefined) assert.equal(result, does.fine);
        }
      }
    });
  }
}
