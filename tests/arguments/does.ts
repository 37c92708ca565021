// Misuses as a table: the misuse in words, the call, and what the call does.
import { refusalOf } from '../refusal.js';
import { assert, type subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

/** What a misuse does: it throws an error of the project, prints a warning, or is fine and returns this; undefined: anything. */
export type Does = { refused: RegExp } | { warned: RegExp } | { fine: unknown };

/** A misuse in a few words, the call, and what it does. */
export type Misuse = [sentence: string, call: () => unknown, does: Does];

/** A test for each misuse. What is refused is refused with one error; what is fine prints nothing. */
export function testMisuses(test: ReturnType<typeof subject>, misuses: readonly Misuse[]): void {
  for (const [sentence, call, does] of misuses) {
    const what = 'refused' in does ? 'refused' : 'warned' in does ? 'one warning' : 'as documented';
    test(`${sentence}: ${what}`, async () => {
      if ('refused' in does) {
        const { message } = await refusalOf(() => warningsOf(call));
        assert.match(message, does.refused);
        return;
      }
      let result: unknown;
      const said = await warningsOf(async () => {
        result = await call();
      });
      if ('warned' in does) {
        assert.is(said.length, 1, said.join('\n'));
        assert.match(said[0], does.warned);
      } else {
        assert.equal(said, []);
        if (does.fine !== undefined) assert.equal(result, does.fine);
      }
    });
  }
}
