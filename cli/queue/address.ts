// The address of the server that holds the queue: redis://[user[:password]@]host[:port][/database], or rediss:// with TLS.
import { refuse } from '../failure.js';

/** The environment variable with the password. On the command line, every user of the machine could see it. */
export const PASSWORD = 'BOUNDGRAD_ENGINE_PASSWORD';

/** A server, as ioredis takes it. */
export interface Address {
  host: string;
  port: number;
  db: number;
  username?: string;
  password?: string;
  tls?: object;
}

const FORM = 'write redis://host:6379, or rediss:// for TLS';

/** Parses an address. Throws Failure, whose message has no part of the text: it may hold a password. */
export function addressOf(text: string, option: string): Address {
  if (!/^rediss?:\/\//.test(text)) throw refuse(`${option}: not the address of a server; ${FORM}`);
  // A space would end the address in records, from which the password is removed.
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : null;
  if (!url?.hostname)
    throw refuse(
      `${option}: the address cannot be read; ${FORM}; encode signs of a password: %40 for @, %20 for a space`,
    );
  if (url.search || url.hash) throw refuse(`${option}: an address takes no options behind ? or #; ${FORM}`);
  const [, db] = /^\/?(\d{0,4})$/.exec(url.pathname) ?? [];
  if (db === undefined)
    throw refuse(`${option}: the part behind the host must be the number of a database, as /1; ${FORM}`);
  const username = decoded(url.username, option);
  const password = decoded(url.password, option) || process.env[PASSWORD];
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    db: Number(db),
    ...(username && { username }),
    ...(password && { password }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

function decoded(text: string, option: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`${option}: user and password have a % that encodes nothing; write %25 for %`);
  }
}

/** The address without user and password, for messages. */
export function shownAddress({ host, port, db, tls }: Address): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${name}:${port}${db ? `/${db}` : ''}`;
}
