// The options that a callback with a state keeps in the checkpoint. A state can be continued only with the options that made it: a best
// loss cannot be compared with accuracies, and an average with one decay rate is not an average with another.
import { checkSettings } from '../state.js';
import { json, optional, recordOf } from '../validate.js';

/** Checks the options in a saved state. Earlier versions saved none. */
export const optionsSaved = optional(recordOf(json));

/** Throws ValueError if a callback's state was saved with other options. what: the function that made the callback. */
export function checkSame(
  what: string,
  saved: ReturnType<typeof optionsSaved>,
  own: Parameters<typeof checkSettings>[1],
): void {
  if (saved) checkSettings(saved, own, `${what}: `);
}
