import { VERSION } from '../fit/index.js';
import { machine } from '../node/machine.js';
import type { SessionRecord } from '../reports/record.js';

/** The record of this call. In a file it precedes the results of the call. */
export function sessionOf(command: string, isPrivate = false): SessionRecord {
  const device = machine({ isPrivate });
  return { kind: 'session', boundgrad: VERSION, command, date: new Date().toISOString(), device };
}
