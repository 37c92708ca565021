// The connection to the server that holds the queue. BullMQ and ioredis are optional peers: they are imported here only, on demand.
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import { VERSION } from '../../fit/index.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { muteWarning, writeLine } from '../terminal.js';
import { type Address, PASSWORD, shownAddress } from './address.js';

/** All keys of boundgrad on the server begin with it. */
export const PREFIX = 'boundgrad';
/** The name of the queue. It contains the version, so workers of other versions, whose results may differ, take nothing from it. */
export const QUEUE = `runs-${VERSION}`;
/** Milliseconds to wait for the first connection. */
const FIRST = 10_000;
/** Milliseconds for the last commands. */
const CLOSE = 3000;
/** The oldest Redis that BullMQ recommends; Valkey reports itself as Redis 7.2. */
const OLDEST = [6, 2];

/** A connected server. */
export interface Server {
  bull: typeof BullMQ;
  /** The connection of this process for its own questions. */
  client: Redis;
  /** The address for messages. */
  shown: string;
  /** The number of its database that has the queue. */
  database: number;
  /** The options with which BullMQ connects. */
  options: { connection: object; prefix: string; skipVersionCheck: true };
  /** Rejects when the server has been lost for longer than the patience, or refuses the user. Calls `onLost` and `onBack` with a line
   *  for the user. */
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
  /** The timer that runs while the server is lost. */
  let timer: NodeJS.Timeout | undefined;
  const retryStrategy = (times: number) => (isClosed ? null : Math.min(200 * times, 2000));
  const client = new Client({ ...settings, retryStrategy: () => null, connectTimeout: FIRST, lazyConnect: true });
  // ioredis's warning that the server needs no password. A server that refuses other machines because it has no password causes it too, and then
  // the error says what to do.
  muteWarning(/a password was supplied/);
  let last: unknown = null;
  client.on('error', (error: Error) => {
    last ??= error;
  });
  try {
    // A server without TLS takes the TLS handshake for a command, and waits for its end.
    const remedy = address.tls ? '; does it speak TLS? if not, write redis://' : '';
    await withLimit(
      client.connect().then(() => client.ping()),
      `no answer within ${FIRST / 1000} s${remedy}`,
    );
    await checkServer(client, shown);
  } catch (error) {
    client.disconnect();
    if (error instanceof Failure) throw error;
    const reason = reasonOf(last ?? error);
    throw refuse(`${shown}: ${reason}${reason === NO_CONNECTION.ECONNRESET ? CLOSED[address.tls ? 1 : 0] : ''}`);
  }
  client.options.retryStrategy = retryStrategy;
  return {
    bull,
    client,
    shown,
    database: address.db,
    options: { connection: { ...settings, retryStrategy }, prefix: PREFIX, skipVersionCheck: true },
    watch(onLost, onBack) {
      return new Promise((_, reject) => {
        client.on('close', () => {
          if (timer || isClosed) return;
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
      clearTimeout(timer);
      client.disconnect();
      // A lost server never answers the last commands.
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
    throw refuse(`a queue needs two more packages: ${why}; npm install bullmq ioredis`, error);
  }
}

/** Rejects with a message if the promise takes longer than a first connection may. */
function withLimit<T>(promise: Promise<T>, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), FIRST);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Refuses a server that is too old, and warns about settings with which runs may be lost. */
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

/** Why no connection is made, by the code of the error. */
const NO_CONNECTION: Record<string, string> = {
  ECONNREFUSED: 'no server listens there; start it, or correct host and port',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer; is the port open?',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
};
/** Other reasons for which a first connection is closed, without TLS and with it. */
const CLOSED = [
  '; does it expect TLS (rediss://), or refuse other machines because it has no password?',
  '; does it want a certificate from its clients? set tls-auth-clients no',
];

/** Why TLS fails, by the code of the error. */
const NO_TLS: Record<string, string> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS there; write redis://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS there; write redis://',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the server wants a certificate from its clients, and boundgrad has none; set tls-auth-clients no',
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host name; give the name that it has",
  CERT_HAS_EXPIRED: "the server's certificate has expired; renew it",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet; compare the clocks",
};

/** Reasons by words of a server's answer. The answer itself is not repeated, because it may contain the password. */
const REFUSALS: Record<string, string> = {
  WRONGPASS: `the server refuses user or password; give it in the address or in ${PASSWORD}`,
  NOAUTH: `the server wants a password; give it in the address or in ${PASSWORD}`,
  NOPERM: 'the user may not do this on the server; it needs all commands on keys boundgrad:*',
  DENIED: 'the server refuses other machines because it has no password; set requirepass',
  LOADING: 'the server is still loading its data; try again',
  OOM: 'the memory of the server is full; raise its maxmemory',
  READONLY: 'the server is a replica, which takes no runs; give the address of its primary',
  MISCONF: 'the server cannot write to its disk; see its log',
  'max number of clients': 'the server has as many connections as it permits; raise its maxclients',
};

/** Whether an error says only that there is no connection now. `Server.watch` reports this, and the connection is tried again. */
function isNoConnection({ code = '', message }: NodeJS.ErrnoException): boolean {
  return code in NO_CONNECTION || /^connection is closed|isn't writeable|ECONNREFUSED/i.test(message);
}

/** Why a server cannot be used, or a request failed. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const refusal = Object.keys(REFUSALS).find((words) => new RegExp(`\\b${words}\\b`).test(message));
  if (refusal !== undefined) return REFUSALS[refusal];
  if (error instanceof SyntaxError) return `a job in the queue is damaged: ${message}`;
  if (code in NO_TLS) return NO_TLS[code];
  if (/CERT|certificate/i.test(`${code} ${message}`))
    return `no authority that this machine trusts has signed the server's certificate (${code || message}); give the authority's certificate in NODE_EXTRA_CA_CERTS`;
  if (/SSL|TLS/i.test(`${code} ${message}`)) return `TLS failed: ${code || message}`;
  if (/RESP type|Protocol error/.test(message)) return 'no Redis or Valkey answers there';
  if (/closed/i.test(message)) return NO_CONNECTION.ECONNRESET;
  return NO_CONNECTION[code] ?? message;
}

/** Returns a listener for the errors of what uses the server. It prints each reason once. */
export function sayErrors(shown: string, print: (line: string) => void): (error: Error) => void {
  const said = new Set<string>();
  return (error) => {
    if (isNoConnection(error)) return;
    const line = `${shown}: ${reasonOf(error)}`;
    if (!said.has(line)) print(line);
    said.add(line);
  };
}
