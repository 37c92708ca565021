import { VERSION } from '../fit/index.js';
import { machine } from '../node/machine.js';
import type { SessionRecord } from '../reports/record.js';

/** The record of this call, which stands in a file before the results of the call. */
export function sessionOf(command: string, isPrivate = false): SessionRecord {
  const device = machine({ isPrivate });
  return { kind: 'session', boundgrad: VERSION, command, date: new Date().toISOString(), device };
}
