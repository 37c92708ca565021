// A process that locks a folder as soon as its parent sends a message, and answers whether it got the lock.
import { lockFolder } from '../../node/lock.js';

process.send!('ready');
await new Promise((resolve) => process.once('message', resolve));
let outcome = 'won';
try {
  lockFolder(process.argv[2]);
} catch {
  outcome = 'lost';
}
process.send!(outcome);
await new Promise((resolve) => process.once('disconnect', resolve));
process.exit();
