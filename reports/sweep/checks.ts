// Checks the records of a sweep. A record comes from a file that anyone may have written: no field is used before its check.
import {
  amount,
  type Check,
  integer,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  recordOf,
  share,
  text,
} from '../../fit/validate.js';
import { device, hyperValue, session } from '../checks.js';
import type { SessionRecord } from '../record.js';
import type { Build, ResultRecord, RunOutcome } from './record.js';

/** A result. */
export const resultRecord = objectOf<ResultRecord>({
  kind: oneOf('result'),
  id: text,
  method: text,
  config: recordOf(hyperValue),
  seed: integer(0),
  budget: integer(1),
  outcome: objectOf<RunOutcome>({
    validation: orNull(share),
    test: orNull(share),
    note: text,
    epochs: listOf(objectOf({ loss: number, validationLoss: number, validationAccuracy: share })),
  }),
  build: objectOf<Build>({ backend: text, via: recordOf(text) }),
  seconds: amount,
  by: optional(objectOf<NonNullable<ResultRecord['by']>>({ boundgrad: text, device })),
});

/** A line of results.jsonl. */
export const sweepRecord: Check<SessionRecord | ResultRecord> = (value, what) => {
  const { kind } = Object(value) as { kind?: unknown };
  oneOf('session', 'result')(kind, `${what}.kind`);
  return kind === 'session' ? session(value, what) : resultRecord(value, what);
};
