// The connection to the server that holds the queue. BullMQ and ioredis are optional peers: they are imported here only, on demand.
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import { VERSION } from '../../fit/index.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { writeLine } from '../terminal.js';
import { type Address, PASSWORD, shownAddress } from './address.js';

/** All keys of boundgrad on the server begin with it. */
export const PREFIX = 'boundgrad';
/** The queue of this version: a worker of another one, whose results may differ, takes nothing from it. */
export const QUEUE = `runs-${VERSION}`;
/** Milliseconds to wait for the first connection. */
const FIRST = 10_000;
/** Milliseconds for the last commands. */
const CLOSE = 3000;
/** The oldest Redis that BullMQ recommends; Valkey names itself as 7.2. */
const OLDEST = [6, 2];

/** A connected server. */
export interface Server {
  bull: typeof BullMQ;
  /** The connection of this process for its own questions. */
  client: Redis;
  /** The address for messages. */
  shown: string;
  /** What BullMQ connects with. */
  options: { connection: object; prefix: string; skipVersionCheck: true };
  /** Rejects when the server has been lost for longer than the patience. Calls `onLost` and `onBack` with a line for the user. */
  watch(onLost: (line: string) => void, onBack: (line: string) => void): Promise<never>;
  /** Disconnects, and closes what uses the server. No connection is tried again. */
  close(...users: { close(): Promise<void> }[]): Promise<void>;
}

/** Connects to a server. patience: seconds to wait for a server that is lost later. Throws Failure, one line, if a package is missing, there is
 *  no server, it refuses the password, or it is too old. */
export async function connect(address: Address, patience: number): Promise<Server> {
  const { bull, Redis: Client } = await load();
  const shown = shownAddress(address);
  const settings = { ...address, maxRetriesPerRequest: null, connectionName: PREFIX };
  let isClosed = false;
  const retryStrategy = (times: number) => (isClosed ? null : Math.min(200 * times, 2000));
  const client = new Client({ ...settings, retryStrategy: () => null, connectTimeout: FIRST, lazyConnect: true });
  let last: unknown = null;
  client.on('error', (error: Error) => {
    last ??= error;
  });
  try {
    await withLimit(client.connect().then(() => client.ping()));
    await checkServer(client, shown);
  } catch (error) {
    client.disconnect();
    if (error instanceof Failure) throw error;
    throw refuse(`${shown}: ${reasonOf(last ?? error)}`);
  }
  client.options.retryStrategy = retryStrategy;
  return {
    bull,
    client,
    shown,
    options: { connection: { ...settings, retryStrategy }, prefix: PREFIX, skipVersionCheck: true },
    watch(onLost, onBack) {
      return new Promise((_, reject) => {
        let timer: NodeJS.Timeout | undefined;
        client.on('close', () => {
          if (timer || client.status === 'end') return;
          onLost(`${shown}: the connection is lost; waiting ${patience} s for the server`);
          const message = `${shown}: the connection was lost ${patience} s ago; start the server again`;
          timer = setTimeout(() => reject(new Failure(message, EXIT.failed)), 1000 * patience);
        });
        client.on('ready', () => {
          if (!timer) return;
          clearTimeout(timer);
          timer = undefined;
          onBack(`${shown}: connected again`);
        });
        // A server that was restarted with another password answers, and refuses.
        client.on('error', (error: Error) => {
          if (/WRONGPASS|NOAUTH|NOPERM/.test(error.message)) reject(refuse(`${shown}: ${reasonOf(error)}`));
        });
      });
    },
    async close(...users) {
      isClosed = true;
      client.disconnect();
      // Of a server that is lost, the last commands have no end.
      const within = new Promise((resolve) => setTimeout(resolve, CLOSE).unref());
      await Promise.race([Promise.allSettled(users.map((user) => user.close())), within]);
    },
  };
}

async function load(): Promise<{ bull: typeof BullMQ; Redis: typeof Redis }> {
  try {
    const [bull, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bull, Redis: ioredis.Redis };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const why = isMissing ? 'bullmq and ioredis are not installed' : `bullmq cannot be loaded: ${message}`;
    throw refuse(`a queue needs two packages more: ${why}; npm install bullmq ioredis`, error);
  }
}

/** Rejects if the promise takes longer than a first connection may. */
function withLimit<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${FIRST / 1000} s`));
    const timer = setTimeout(late, FIRST);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Refuses a server that is too old; says which of its settings may lose runs. */
async function checkServer(client: Redis, shown: string): Promise<void> {
  const info = new Map((await client.info()).split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
  const version = info.get('redis_version') ?? '';
  const [major, minor] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw refuse(
      `${shown}: Redis ${version} is too old: BullMQ needs ${OLDEST.join('.')} or Valkey; update the server`,
    );
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  const risks = [
    ...(info.get('aof_enabled') === '0' ? ['a restart loses the queue: set appendonly yes'] : []),
    ...(policy !== 'noeviction' ? [`it may evict the queue: set maxmemory-policy noeviction, not ${policy}`] : []),
  ];
  if (risks.length > 0) writeLine(process.stderr, `boundgrad: ${shown}: ${risks.join('; ')}`);
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'no server listens there; start it, or correct host and port',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer; is the port open?',
  ECONNRESET: 'the server closed the connection; does it expect TLS (rediss://)?',
};

/** Why a server cannot be used, without what it answered: that may repeat the password. */
function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (/WRONGPASS/.test(message)) return `the server refuses user or password; give it in the address or in ${PASSWORD}`;
  if (/NOAUTH/.test(message)) return `the server wants a password; give it in the address or in ${PASSWORD}`;
  if (/NOPERM/.test(message))
    return 'the user may not do this on the server; it needs all commands on keys boundgrad:*';
  if (/LOADING/.test(message)) return 'the server is still loading its data; try again';
  if (/CERT|SSL|TLS|certificate/i.test(`${code} ${message}`))
    return `TLS failed: ${code || message}; give the certificate of its authority in NODE_EXTRA_CA_CERTS`;
  if (/closed/i.test(message)) return REASONS.ECONNRESET;
  return REASONS[code] ?? message;
}
